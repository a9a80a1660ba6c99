import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../scripts/run.mjs';
import { runOrThrow } from './support/tool.ts';

/** Rows of users' issues are cited beside rules; they are not ours to list. */
const FOREIGN = /^U-/;

const idsIn = (text: string, pattern: RegExp): Set<string> =>
  new Set(Array.from(text.matchAll(pattern), ([, id = '']) => id).filter((id) => !FOREIGN.test(id)));

async function citedRules(): Promise<Set<string>> {
  // Also those that are not committed yet.
  const list = await runOrThrow(
    ['git', 'ls-files', '--cached', '--others', '--exclude-standard', '*.test.ts', '*.spec.ts'],
    { cwd: ROOT },
  );
  const texts = await Promise.all(
    list
      .trim()
      .split('\n')
      .map((file) => readFile(join(ROOT, file), 'utf8')),
  );
  return idsIn(texts.join('\n'), /\[([A-Z]+-\d+)\]/g);
}

test('[DOOR-7] every rule of docs/spec.md has a test that cites it, and every rule cited stands there', async () => {
  const rules = idsIn(await readFile(join(ROOT, 'docs', 'spec.md'), 'utf8'), /^- \*\*([A-Z]+-\d+)\*\*/gm);
  expect([...(await citedRules())].sort()).toEqual([...rules].sort());
});

test('[DOOR-8] docs/errors.md has a row for each code, and the codes have each row', async () => {
  const source = await readFile(join(ROOT, 'packages', 'sdk', 'src', 'core', 'errors.ts'), 'utf8');
  const [union = ''] = source.match(/export type TurntapeErrorCode =[^;]*;/) ?? [];
  const codes = Array.from(union.matchAll(/\| '(\w+)'/g), ([, code]) => code);
  const table = await readFile(join(ROOT, 'docs', 'errors.md'), 'utf8');
  const rows = Array.from(table.matchAll(/^\| `(\w+)` \|/gm), ([, code]) => code);
  expect(rows).toEqual(codes);
});
