import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openEmbeddedDatabase } from '../embedded/database.ts';
import { migrate } from '../migrate.ts';
import { newTestFolder } from './test-folder.ts';

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url));
const PGLITE = fileURLToPath(new URL('../../node_modules/@electric-sql/pglite/package.json', import.meta.url));
const MIGRATIONS = fileURLToPath(new URL('../../migrations/', import.meta.url));

/**
 * A temporary folder with an up to date and empty database in `database/`. A new database costs 4.4 s of processor time and its
 * migrations 1.5, a copy of one 0.5 (measured), and every test file needs one.
 */
export async function newDataFolder(): Promise<string> {
  const folder = await newTestFolder('server');
  await cp(await emptyDatabase(), join(folder, 'database'), { recursive: true });
  return folder;
}

/** Made once for each version of the database and of its migrations, and kept. */
async function emptyDatabase(): Promise<string> {
  const { version } = JSON.parse(await readFile(PGLITE, 'utf8')) as { version: string };
  const kept = join(CACHE, `empty-database-${version}-${await migrationsHash()}`);
  if (await exists(kept)) return kept;
  await mkdir(CACHE, { recursive: true });
  const made = await mkdtemp(join(CACHE, 'making-'));
  const database = await openEmbeddedDatabase(made);
  await migrate(database);
  await database.close();
  try {
    await rename(made, kept);
  } catch (cause) {
    // Another test file was first.
    await rm(made, { recursive: true });
    if (!(await exists(kept))) throw cause;
  }
  return kept;
}

async function migrationsHash(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(MIGRATIONS)).sort()) hash.update(await readFile(join(MIGRATIONS, name)));
  return hash.digest('hex').slice(0, 12);
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
