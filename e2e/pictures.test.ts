import { readFile, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../scripts/run.mjs';

/** The committed pictures, as files. `pnpm pictures` takes them; `pictures.spec.ts` says of what. */

const FOLDER = join(ROOT, 'docs', 'pictures');
/** In bytes. */
const LARGEST = 90_000;
const LARGEST_TOGETHER = 1_800_000;

/** The pictures that a page shows, as paths. */
async function shownOn(page: string): Promise<string[]> {
  const text = await readFile(page, 'utf8');
  const paths = Array.from(
    text.matchAll(/(?:src|srcset)="([^"]+)"|!\[[^\]]*\]\(([^)]+)\)/g),
    ([, one, other]) => one ?? other ?? '',
  );
  return paths.filter((path) => !path.startsWith('http')).map((path) => join(dirname(page), path));
}

test('[PICTURE-3] every picture is small and shown on a page, and every page finds its pictures', async () => {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.webp')).map((name) => join(FOLDER, name));
  expect(files.length).toBeGreaterThan(0);
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  expect(Math.max(...sizes)).toBeLessThanOrEqual(LARGEST);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(LARGEST_TOGETHER);
  const shown = await Promise.all([shownOn(join(ROOT, 'README.md')), shownOn(join(FOLDER, 'README.md'))]);
  expect([...new Set(shown.flat())].toSorted()).toEqual(files.toSorted());
});
