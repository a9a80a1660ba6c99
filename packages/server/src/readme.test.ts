import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { USAGE } from './command-line.ts';
import type { SegmentJob, ServerHooks } from './jobs/hooks.ts';
import { segmentFacts, sessionFacts, wavFile } from './testing/sample-facts.ts';
import { startServerUnderTest, type ServerUnderTest } from './testing/server-under-test.ts';

const README = await readFile(new URL('../README.md', import.meta.url), 'utf8');
let it: ServerUnderTest;
beforeAll(async () => {
  it = await startServerUnderTest();
});
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

/** The README's module that has this function. */
const moduleWith = async <Module>(name: string, [from, to]: readonly [string, string] = ['', '']): Promise<Module> => {
  const source = Array.from(README.matchAll(/```js\n([^`]+(?:`[^`]+`[^`]+)*)```/g), ([, js = '']) => js).find(
    (js) => js.includes('export ') && js.includes(name),
  );
  return (await import(`data:text/javascript,${encodeURIComponent(source?.replace(from, to) ?? '')}`)) as Module;
};

/** The headers of a webhook, by the standard. */
const signed = (seconds: number, body: string) => ({
  'webhook-id': 'msg-1',
  'webhook-timestamp': String(seconds),
  'webhook-signature': `v1,${createHmac('sha256', Buffer.alloc(32, 7)).update(`msg-1.${seconds}.${body}`).digest('base64')}`,
});

test('[SRV-112] the README’s check of a webhook takes what is signed, and nothing that was changed or is old', async () => {
  const { isFromTurntape } = await moduleWith<{
    isFromTurntape: (headers: Record<string, string>, body: string, secret: string) => boolean;
  }>('isFromTurntape');
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const now = Math.floor(Date.now() / 1000);
  expect(isFromTurntape(signed(now, '{}'), '{}', secret)).toBe(true);
  expect(isFromTurntape(signed(now, '{}'), '{ }', secret)).toBe(false);
  expect(isFromTurntape(signed(now - 3600, '{}'), '{}', secret)).toBe(false);
  expect(isFromTurntape({ ...signed(now, '{}'), 'webhook-id': 'msg-2' }, '{}', secret)).toBe(false);
  expect(isFromTurntape({}, '{}', secret)).toBe(false);
});

test('[SRV-112] the README’s hooks give a segment to a recogniser and take its words', async () => {
  const asked: { type: string | undefined; bytes: number }[] = [];
  let answer = { status: 200, body: '{"text":"Good morning.","language":"en","confidence":0.9}' };
  const recogniser = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      asked.push({ type: request.headers['content-type'], bytes: Buffer.concat(pieces).byteLength });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
    });
  });
  await once(recogniser.listen(0, '127.0.0.1'), 'listening');
  const { port } = recogniser.address() as AddressInfo;
  const moved = [':9000', `:${port}`] as const;
  const { transcribe, authorize } = await moduleWith<Required<ServerHooks>>('transcribe', moved);
  try {
    const job = { segment: { format: 'opus' }, audio: new Uint8Array(5), signal: AbortSignal.timeout(20_000) };
    expect(await transcribe(job as SegmentJob)).toEqual({ text: 'Good morning.', language: 'en', confidence: 0.9 });
    expect(asked).toEqual([{ type: 'audio/ogg', bytes: 5 }]);
    answer = { status: 200, body: '{"text":""}' };
    expect(await transcribe(job as SegmentJob)).toBeUndefined();
    answer = { status: 503, body: '' };
    await expect(transcribe(job as SegmentJob)).rejects.toThrow('503');
  } finally {
    recogniser.close();
  }
  const request = { sessionId: '*', scopes: [], method: 'POST', path: '/v1/segments' };
  expect([authorize({ ...request, subject: 'user-7' }), authorize({ ...request, subject: 'user-8' })]).toEqual([
    true,
    false,
  ]);
});
