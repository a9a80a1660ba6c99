import { Hono } from 'hono';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { logFrom, type LOG_LEVELS } from './log.ts';
import { answerErrors, refuseWhileClosing } from './request-rules.ts';
import { segmentFacts, sessionFacts, transcriptFacts, wavFile } from './testing/sample-facts.ts';
import {
  read,
  segmentForm,
  startServerUnderTest,
  TOKEN,
  type Answer,
  type ServerUnderTest,
} from './testing/server-under-test.ts';
import { toWireError } from './wire/wire-error.ts';

const PAGE = 'https://app.example';
let it: ServerUnderTest;
beforeAll(async () => {
  it = await startServerUnderTest({ origins: [PAGE, 'http://localhost:5173'], maxBytes: 1_000_000 });
});
afterAll(() => it[Symbol.asyncDispose]());

const NIL = '0b7d5b0a-0000-4000-8000-000000000000';
const ROUTES = [
  ['GET', '/v1/config'],
  ['POST', '/v1/segments'],
  ['POST', '/v1/transcripts'],
  ['POST', '/v1/sessions'],
  ['GET', '/v1/sessions'],
  ['GET', `/v1/sessions/${NIL}`],
  ['GET', `/v1/segments/${NIL}/audio`],
  ['GET', '/v1/anything'],
] as const;

test.each(ROUTES)('[SRV-14] %s %s needs the token', async (method, path) => {
  for (const authorization of ['', 'Bearer', `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, TOKEN, `Bearer ${TOKEN} extra`]) {
    const answer = await read(await it.request(path, { method, headers: { authorization } }));
    expect(answer).toMatchObject({ status: 401, body: { error: { code: 'unauthorized' } } });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  }
});

test('[SRV-14] whether the server lives is told to anybody, and nothing else is', async () => {
  const response = await fetch(`${it.server.url}/healthz`);
  expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
  expect((await read(await fetch(it.server.url))).status).toBe(404);
});

test('[SRV-15] a page of an origin on the list may call, read the receipt and learn when to try again', async () => {
  const preflight = await fetch(`${it.server.url}/v1/segments`, {
    method: 'OPTIONS',
    headers: {
      origin: PAGE,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-origin')).toBe(PAGE);
  expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
  const refused = await fetch(`${it.server.url}/v1/config`, { headers: { origin: PAGE } });
  expect(refused.status).toBe(401);
  expect(refused.headers.get('access-control-allow-origin')).toBe(PAGE);
  expect(refused.headers.get('access-control-expose-headers')).toContain('retry-after');
  await refused.body?.cancel();
});

test('[SRV-15] a page of another origin is told nothing', async () => {
  const response = await it.request('/v1/config', { headers: { origin: 'https://evil.example' } });
  expect(response.headers.get('access-control-allow-origin')).toBeNull();
  await response.body?.cancel();
});

test('[SRV-6] the limits are published', async () => {
  expect((await it.get('/v1/config')).body).toEqual({
    max_bytes: 1_000_000,
    max_json_bytes: 1_048_576,
    formats: ['opus', 'wav', 'mp3'],
    tickets: false,
    schema: 1,
  });
});

test('[SRV-6] a body over the limit is 413, whether its length is declared or not', async () => {
  const huge = transcriptFacts({ text: 'x'.repeat(1_100_000) });
  expect(await it.post('/v1/transcripts', huge)).toMatchObject({ status: 413, body: { error: { code: 'too_large' } } });
  const chunk = new Uint8Array(65_536);
  let left = 40;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (left-- > 0) controller.enqueue(chunk);
      else controller.close();
    },
  });
  const headers = { 'content-type': 'application/json' };
  const init = { method: 'POST', headers, body, duplex: 'half' };
  expect((await read(await it.request('/v1/transcripts', init as RequestInit))).status).toBe(413);
  const many = segmentForm(segmentFacts(undefined), Buffer.alloc(4_000_000));
  expect((await read(await it.request('/v1/segments', { method: 'POST', body: many }))).status).toBe(413);
});

test('[SRV-14] a client with a stale token hears 401 after a long upload, not a broken line', async () => {
  for (const authorization of ['Bearer stale', 'Bearer staler'])
    expect(
      (await read(await it.request('/v1/segments', { method: 'POST', body: longForm(), headers: { authorization } })))
        .status,
    ).toBe(401);
});

test('[SRV-7] a JSON body that is no JSON, or says it is something else, is refused', async () => {
  expect(await postText('{', 'application/json')).toMatchObject({
    status: 400,
    body: { error: { code: 'malformed' } },
  });
  expect(await postText('{}', 'text/plain')).toMatchObject({ status: 415 });
  expect(await postText('{}', 'application/json; charset=utf-8')).toMatchObject({
    status: 422,
    body: { error: { code: 'invalid_field', field: 'session_id', message: 'session_id: is missing' } },
  });
});

test('[SRV-13] no answer can be taken for a page or kept in a cache', async () => {
  for (const path of ['/healthz', '/v1/config', '/v1/nowhere', '/nowhere']) {
    const { headers } = await it.get(path);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  }
});

test('[SRV-21] the log says what was asked and how it ended, and holds no token, words, audio or metadata', async () => {
  const audio = wavFile(400, { value: 21_845 });
  const secret = 'the-secret-of-the-user';
  const segment = segmentFacts(audio, { capture: { settings: { secret } } });
  await it.postSegment(segment, audio);
  await it.postSegment({ ...segment, speaker: secret }, audio);
  await it.post('/v1/transcripts', transcriptFacts({ text: secret }));
  await it.post('/v1/sessions', sessionFacts({ metadata: { secret } }));
  await it.get(`/v1/sessions?limit=${secret}`);
  await it.server.db.query('ALTER TABLE session_transcripts ADD CONSTRAINT never CHECK (revision < 100)');
  const failed = await it.post('/v1/transcripts', transcriptFacts({ text: secret, revision: 100 }));
  await it.server.db.query('ALTER TABLE session_transcripts DROP CONSTRAINT never');
  expect(failed).toMatchObject({ status: 500, body: { error: { code: 'internal' } } });
  expect(JSON.stringify(failed.body)).not.toContain('never');

  const text = JSON.stringify(it.log);
  expect(text).not.toContain(TOKEN);
  expect(text).not.toContain(secret);
  expect(text).not.toContain('UUU');
  expect(it.log).toContainEqual({
    level: 'debug',
    event: 'request',
    facts: expect.objectContaining({ method: 'POST', path: '/v1/segments', status: 201 }) as object,
  });
  // What was stored, with the facts of its row.
  expect(it.log).toContainEqual({
    level: 'info',
    event: 'segment_stored',
    facts: {
      session_id: segment['session_id'],
      segment_id: segment['segment_id'],
      speaker: 'user',
      duration_ms: 100,
      byte_size: audio.length,
      interrupted: false,
    },
  });
  expect(it.log).toContainEqual({
    level: 'info',
    event: 'request',
    facts: expect.objectContaining({ status: 422, code: 'invalid_field', field: 'speaker' }) as object,
  });
  expect(it.log).toContainEqual({
    level: 'error',
    event: 'request_failed',
    facts: { error: 'error', code: '23514', constraint: 'never' },
  });
});

test('[SRV-19] a request that comes while the server ends is sent elsewhere, and told when to come back', async () => {
  const closing = new AbortController();
  const app = new Hono();
  app.onError(answerErrors(() => undefined));
  app.use(refuseWhileClosing(closing.signal)).get('/', (c) => c.text('ok'));
  expect((await app.request('/')).status).toBe(200);
  closing.abort();
  const answer = await read(await app.request('/'));
  expect(answer).toMatchObject({ status: 503, body: { error: { code: 'unavailable', retry_after_ms: 2000 } } });
  expect(answer.headers.get('retry-after')).toBe('2');
  expect(answer.headers.get('connection')).toBe('close');
});

test('[SRV-21] a level leaves out what matters less, and silence everything', () => {
  const events = ['debug', 'info', 'warn', 'error'] as const;
  const heard = (least: (typeof LOG_LEVELS)[number]) => {
    const lines: string[] = [];
    const log = logFrom(least, (level) => lines.push(level));
    for (const level of events) log(level, 'x');
    return lines;
  };
  for (const [i, level] of events.entries()) expect(heard(level)).toEqual(events.slice(i));
  expect(heard('silent')).toEqual([]);
});

test('[SRV-22] a full disk and a full database are told apart from a fault', () => {
  for (const code of ['ENOSPC', 'EDQUOT', '53100'])
    expect(toWireError(Object.assign(new Error('no'), { code }))).toMatchObject({ status: 507, code: 'storage_full' });
  expect(toWireError(new Error('no'))).toMatchObject({ status: 500, code: 'internal' });
});

function longForm(): FormData {
  return segmentForm(segmentFacts(undefined), Buffer.alloc(8_000_000));
}

async function postText(body: string, type: string): Promise<Answer> {
  return read(await it.request('/v1/sessions', { method: 'POST', body, headers: { 'content-type': type } }));
}
