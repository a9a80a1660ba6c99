import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { USAGE } from './command-line.ts';
import { segmentFacts, sessionFacts, wavFile } from './testing/sample-facts.ts';
import { startServerUnderTest, type ServerUnderTest } from './testing/server-under-test.ts';

const README = await readFile(new URL('../README.md', import.meta.url), 'utf8');
let it: ServerUnderTest;
beforeAll(async () => {
  it = await startServerUnderTest();
}, 60_000);
afterAll(() => it[Symbol.asyncDispose]());

test('[SRV-112] every name that the table of other systems’ names leads to is a column or an option', async () => {
  const table = README.slice(README.indexOf('### Names of other systems'), README.indexOf('## What the embedded'));
  const ours = table
    .split('\n')
    .filter((line) => line.startsWith('| `') || line.startsWith('| a clean-up'))
    .flatMap((line) => Array.from(line.split('|')[2]?.matchAll(/`([^`]+)`/g) ?? [], ([, name = '']) => name));
  const columns = new Set(
    (
      await it.rows<{ name: string }>(
        `SELECT table_name || '.' || column_name AS name FROM information_schema.columns WHERE table_schema = 'public'`,
      )
    ).map(({ name }) => name),
  );
  expect(ours.length).toBeGreaterThan(15);
  expect(ours.filter((name) => !(name.startsWith('--') ? USAGE.includes(`  ${name} `) : columns.has(name)))).toEqual(
    [],
  );
});

test('[SRV-112] the README’s queries run as they stand', async () => {
  const audio = wavFile();
  const session = sessionFacts({ metadata: { tenant_id: 't-1' } });
  const facts = segmentFacts(audio, { session_id: session['session_id'] });
  await it.post('/v1/sessions', session);
  await it.postSegment(facts, audio);
  const queries = Array.from(README.matchAll(/```sql\n([^`]+)```/g), ([, sql = '']) => sql);
  expect(queries).toHaveLength(2);
  for (const sql of queries) {
    const rows = await it.rows<Record<string, unknown>>(sql.replace('…', String(session['session_id'])));
    if (sql.includes('tenant'))
      expect(rows).toEqual([expect.objectContaining({ tenant: 't-1', bytes: expect.anything() as unknown })]);
  }
});
