import { cp, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Puts the declarations of the service worker's world beside those of the page: the two are compiled against different
 * libraries, so by different programs, and share those of the rooms that both use. After `tsc`.
 */

const HERE = fileURLToPath(new URL('.', import.meta.url));
const from = join(HERE, '../../.types/sdk/service-worker/service-worker');
const to = join(HERE, 'dist/types/service-worker');

await rm(to, { recursive: true, force: true });
await mkdir(to, { recursive: true });
// Without the maps: those name the sources from where they were made.
for (const name of await readdir(from)) if (name.endsWith('.d.ts')) await cp(join(from, name), join(to, name));
