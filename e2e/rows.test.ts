import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../scripts/run.mjs';

/** `of('R', 3, 18)`: R-03 … R-18. */
const of = (letter: string, first: number, last: number, digits = 2): string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => `${letter}-${`${first + index}`.padStart(digits, '0')}`);

/** The rows that the issue of heard, cut and kept audio names, in its order. */
const ROWS: readonly string[] = [
  ...of('R', 3, 18),
  ...of('R', 34, 40),
  'W-R1',
  'W-R2',
  'W-R3',
  'W-R3b',
  'W-R3c',
  'W-R4',
  'W-R12',
  'W-R15',
  ...of('S', 1, 29),
  ...of('S', 40, 52),
  'V-08',
  'V-23a',
  'V-23b',
  'V-38',
  'V-44',
  ...of('U', 1, 15, 1),
  ...of('U', 22, 26, 1),
];

const docs = (...path: string[]): string => join(ROOT, 'docs', ...path);

test('[DOOR-9] docs/rows.md has one line for each row that was asked for, with rules and decisions that are there', async () => {
  const lines = Array.from(
    (await readFile(docs('rows.md'), 'utf8')).matchAll(/^\| ([A-Z][\w-]*\d[a-c]?) \| ([^|]+) \| ([^|]+) \|$/gm),
    ([, row = '', asked = '', answer = '']) => ({ row, asked, answer }),
  );
  expect(lines.map(({ row }) => row)).toEqual(ROWS);
  const spec = await readFile(docs('spec.md'), 'utf8');
  const rules = new Set(Array.from(spec.matchAll(/^- \*\*([A-Z\d]+-\d+)\*\*/gm), ([, id]) => id));
  const decisions = new Set((await readdir(docs('decisions'))).map((name) => name.slice(0, 4)));
  for (const { row, answer } of lines) {
    const cited = Array.from(answer.matchAll(/\b[A-Z][A-Z\d]+-\d+\b/g), ([id]) => id);
    expect(cited.length, `${row} cites a rule`).toBeGreaterThan(0);
    expect(
      cited.filter((id) => !rules.has(id)),
      `rules of ${row} that stand nowhere`,
    ).toEqual([]);
    const links = Array.from(answer.matchAll(/\[(\d{4})\]\(decisions\/\1-[\w-]+\.md\)/g), ([, id]) => id ?? '');
    expect(links.filter((id) => !decisions.has(id))).toEqual([]);
    expect(answer.match(/\b0\d{3}\b/g)?.length ?? 0, `links of ${row}`).toBe(2 * links.length);
  }
});
