import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mintToken } from '../access/access-token.ts';
import { openEventStream, type EventLine, type HeardEvent } from '../testing/event-reader.ts';
import { segmentFacts, sessionFacts, transcriptFacts, wavFile } from '../testing/sample-facts.ts';
import { read, segmentForm, startServerUnderTest, type ServerUnderTest } from '../testing/server-under-test.ts';
import { eventStream } from './event-stream.ts';
import { SessionNews } from './session-news.ts';

const SECRET = 'a-secret-of-at-least-thirty-two-characters';
let it: ServerUnderTest;
let admin = '';
const audio = wavFile();
const ended = { ended_at: '2026-11-20T10:05:00.000Z', end_reason: 'session_stop', state: 'ended' };
const token = (facts: object = {}) =>
  mintToken(SECRET, { subject: 'u', sessionId: '*', scopes: ['admin'], seconds: 600, ...facts });
const ask = async (method: string, path: string, body?: BodyInit, type = 'application/json', bearer = admin) =>
  read(
    await it.request(path, {
      method,
      headers: { authorization: `Bearer ${bearer}`, ...(typeof body === 'string' ? { 'content-type': type } : {}) },
      ...(body === undefined ? {} : { body }),
    }),
  );
const post = (path: string, facts: unknown, bearer = admin) =>
  ask('POST', path, JSON.stringify(facts), 'application/json', bearer);
const postSegment = (facts: Record<string, unknown>, file?: Buffer) =>
  ask('POST', '/v1/segments', segmentForm(facts, file));
const listen = (sessionId: string, query = '', headers: Record<string, string> = {}) =>
  openEventStream(`${it.server.url}/v1/sessions/${sessionId}/events${query}`, {
    authorization: `Bearer ${admin}`,
    ...headers,
  });
const names = (events: readonly HeardEvent[]) => events.map(({ event }) => event);

beforeAll(async () => {
  it = await startServerUnderTest({ secrets: [SECRET] });
  admin = await token();
});
afterAll(() => it[Symbol.asyncDispose](), 60_000);

test('[SRV-103] a listener hears everything that happens to its session, once and in order, and nothing of another', async () => {
  const session = sessionFacts();
  const sessionId = String(session['session_id']);
  await using early = await listen(sessionId);
  expect(await early.next()).toMatchObject({ event: 'subscribed', data: { session_id: sessionId } });
  await post('/v1/sessions', session);
  const facts = Array.from({ length: 5 }, () => segmentFacts(audio, { session_id: sessionId }));
  for (const segment of facts) {
    await postSegment(segment, audio);
    // Another conversation, and a repeat: neither is news.
    await postSegment(segmentFacts(audio), audio);
    await postSegment(segment, audio);
  }
  const words = transcriptFacts({ session_id: sessionId, turn_id: facts[0]?.['turn_id'] });
  await post('/v1/transcripts', words);
  await ask('DELETE', `/v1/segments/${String(facts[4]?.['segment_id'])}`);
  await post('/v1/sessions', { ...session, ...ended });
  const heard = await early.take(9);
  expect(names(heard)).toEqual([
    'session_started',
    ...facts.map(() => 'segment_stored'),
    'transcript_stored',
    'segment_removed',
    'session_ended',
  ]);
  expect(heard.slice(1, 6).map(({ data }) => data['segment_id'])).toEqual(facts.map((one) => one['segment_id']));
  expect(heard[1]?.data).toMatchObject({ speaker: 'user', duration_ms: 100, byte_size: audio.length, unheard: false });
  expect(heard[6]?.data).toMatchObject({ turn_id: facts[0]?.['turn_id'], text: words['text'] });
  // Who comes later hears how things are, and no audio is in it.
  await using late = await listen(sessionId);
  expect(names(await late.take(8))).toEqual([
    'subscribed',
    ...facts.slice(1).map(() => 'segment_stored'),
    'transcript_stored',
    'segment_removed',
    'session_ended',
  ]);
});

test('[SRV-103] a listener that lost its line goes on after the last event that it has, or asks for what is new alone', async () => {
  const sessionId = randomUUID();
  const facts = Array.from({ length: 4 }, () => segmentFacts(audio, { session_id: sessionId }));
  for (const segment of facts.slice(0, 3)) await postSegment(segment, audio);
  const first = await listen(sessionId);
  const heard = await first.take(2);
  expect(names(heard)).toEqual(['subscribed', 'segment_stored']);
  await first[Symbol.asyncDispose]();
  await using again = await listen(sessionId, '', { 'last-event-id': heard[1]?.id ?? '' });
  await using fresh = await listen(sessionId, '?after=now');
  expect((await fresh.next())?.event).toBe('subscribed');
  await postSegment(facts[3]!, audio);
  const rest = (await again.take(4)).slice(1).map(({ data }) => data['segment_id']);
  expect(rest).toEqual(facts.slice(1).map((one) => one['segment_id']));
  expect((await fresh.next())?.data['segment_id']).toBe(facts[3]?.['segment_id']);
});

test('[SRV-104] who may not read a session may not listen to it; a signed address opens it for a page', async () => {
  const sessionId = randomUUID();
  await postSegment(segmentFacts(audio, { session_id: sessionId }), audio);
  const path = `/v1/sessions/${sessionId}/events`;
  const writer = await token({ sessionId, scopes: ['write'] });
  const other = await token({ sessionId: randomUUID(), scopes: ['read'] });
  expect((await ask('GET', path, undefined, '', writer)).status).toBe(403);
  expect((await ask('GET', path, undefined, '', other)).status).toBe(403);
  expect((await fetch(`${it.server.url}${path}`)).status).toBe(401);
  expect(await ask('GET', `${path}?after=-1`)).toMatchObject({ status: 422, body: { error: { field: 'after' } } });
  const { body } = await ask('GET', `/v1/sessions/${sessionId}`);
  await using page = await openEventStream(`${it.server.url}${(body as { events_url: string }).events_url}`, {});
  expect(names(await page.take(2))).toEqual(['subscribed', 'segment_stored']);
  expect(page.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(page.headers.get('cache-control')).toBe('no-store');
});

test('[SRV-104] a token listens to so many sessions and no more; one that leaves makes room', async () => {
  const reader = await token({ scopes: ['read'] });
  const open = () =>
    openEventStream(`${it.server.url}/v1/sessions/${randomUUID()}/events`, { authorization: `Bearer ${reader}` });
  const lines = await Promise.all(Array.from({ length: 20 }, open));
  await Promise.all(lines.map((line) => line.next()));
  expect(await ask('GET', `/v1/sessions/${randomUUID()}/events`, undefined, '', reader)).toMatchObject({
    status: 429,
    body: { error: { code: 'rate_limited' } },
  });
  for (const line of lines) await line[Symbol.asyncDispose]();
  const room = async (): Promise<number> => {
    const { status } = await it.request(`/v1/sessions/${randomUUID()}/events`, {
      headers: { authorization: `Bearer ${reader}` },
      signal: AbortSignal.timeout(60_000),
    });
    return status === 200 ? status : room();
  };
  expect(await room()).toBe(200);
});

test('[SRV-105] a session that is closed or erased is told of at once; the last frame says why it is the last', async () => {
  const session = sessionFacts();
  const sessionId = String(session['session_id']);
  await post('/v1/sessions', session);
  await using line = await listen(sessionId);
  expect(names(await line.take(2))).toEqual(['subscribed', 'session_started']);
  await ask('PATCH', `/v1/sessions/${sessionId}`, JSON.stringify({ revoked: true }));
  expect(await line.next()).toMatchObject({ event: 'session_revoked', data: { revoked: true } });
  await ask('DELETE', `/v1/sessions/${sessionId}`);
  expect(await line.next()).toMatchObject({ event: 'erased', data: { session_id: sessionId } });
  expect(await line.next()).toBeUndefined();
});

test('[SRV-105] a line ends with the token that opened it', async () => {
  await using line = await openBriefly();
  expect((await line.next())?.event).toBe('subscribed');
  expect((await line.next())?.event).toBe('expired');
  expect(await line.next()).toBeUndefined();
});

/** A line of a token that is soon over; of one that lives longer when the machine stood still until it was over. */
async function openBriefly(seconds = 2): Promise<EventLine> {
  const authorization = `Bearer ${await token({ scopes: ['read'], seconds })}`;
  const opened = await openEventStream(`${it.server.url}/v1/sessions/${randomUUID()}/events`, { authorization }).catch(
    (thrown: unknown) => thrown as Error,
  );
  if (!(opened instanceof Error)) return opened;
  expect(opened.message).toBe('It answered 401.');
  return openBriefly(2 * seconds);
}

test('[SRV-105] a silent line says that it is alive', async () => {
  const news = new SessionNews({}, () => undefined);
  const [gone, closing] = [new AbortController(), new AbortController()];
  const options = { database: it.server.db, news, sessionId: randomUUID(), after: '0', expiresAtMs: Infinity };
  const signals = { gone: gone.signal, closing: closing.signal };
  const frames: string[] = [];
  for await (const text of eventStream({ ...options, ...signals, keepAliveMs: 50 })) {
    frames.push(text);
    if (frames.length === 3) gone.abort();
  }
  expect(frames).toEqual([expect.stringContaining('event: subscribed'), ': keep-alive\n\n', ': keep-alive\n\n']);
});

test('[SRV-105] the end of the server is told to every listener, and does not wait for them', async () => {
  const here = await startServerUnderTest();
  const line = await openEventStream(`${here.server.url}/v1/sessions/${randomUUID()}/events`, {
    authorization: `Bearer a-token-that-only-these-tests-know`,
  });
  expect((await line.next())?.event).toBe('subscribed');
  const closed = here.server.close();
  expect(await line.next()).toMatchObject({ event: 'shutdown', retry: 2000 });
  expect(await line.next()).toBeUndefined();
  await closed;
  await here[Symbol.asyncDispose]();
});

test('[SRV-106] the app’s backend has an upload token made with the session: for that session, for writing, for a while', async () => {
  const session = sessionFacts();
  const sessionId = String(session['session_id']);
  const backend = await token({ scopes: ['write', 'mint'] });
  const upload = { subject: 'user-7', seconds: 60, max_segments: 1 };
  const { status, body } = await post('/v1/sessions', { ...session, upload }, backend);
  const { upload_token: made, expires_at: until } = body as { upload_token: string; expires_at: string };
  expect(status).toBe(201);
  expect(Math.abs(Date.parse(until) - Date.now() - 60_000)).toBeLessThan(30_000);
  const claims = JSON.parse(Buffer.from(made.split('.')[1] ?? '', 'base64url').toString()) as object;
  expect(claims).toMatchObject({ aud: 'turntape', sub: 'user-7', session_id: sessionId, scope: 'write' });
  const send = async (facts: Record<string, unknown>) =>
    (await ask('POST', '/v1/segments', segmentForm(facts, audio), '', made)).status;
  expect(await send(segmentFacts(audio, { session_id: sessionId }))).toBe(201);
  expect(await send(segmentFacts(audio, { session_id: sessionId }))).toBe(403);
  expect(await send(segmentFacts(audio))).toBe(403);
  expect((await ask('GET', `/v1/sessions/${sessionId}`, undefined, '', made)).status).toBe(403);
  // A page cannot have itself another one made, and what was asked for is no fact of the session.
  expect((await post('/v1/sessions', { ...session, upload }, made)).status).toBe(403);
  const writer = await token({ sessionId, scopes: ['write'] });
  expect((await post('/v1/sessions', { ...session, upload: {} }, writer)).status).toBe(403);
  expect((await post('/v1/sessions', { ...session, upload: { seconds: 0 } }, backend)).status).toBe(422);
  expect((await post('/v1/sessions', session, backend)).body).toEqual({ session_id: sessionId });
  expect(JSON.stringify(it.log)).not.toContain(made);
  expect(await readFile(join(it.data, `recordings/${sessionId}/session.json`), 'utf8')).not.toContain('upload');
  // Never longer than the server lets any token live.
  const long = await post('/v1/sessions', { ...session, upload: { seconds: 86_400 } }, backend);
  expect(Date.parse((long.body as { expires_at: string }).expires_at)).toBeLessThan(Date.now() + 3_700_000);
});
