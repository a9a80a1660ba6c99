import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { segmentFacts, sessionFacts, transcriptFacts, wavFile } from '../testing/sample-facts.ts';
import { read, segmentForm, startServerUnderTest, type ServerUnderTest } from '../testing/server-under-test.ts';
import { checkJson } from '../wire/check.ts';
import { segmentSchema } from '../wire/segment.ts';
import { mintToken, type TokenFacts } from './access-token.ts';
import { AudioLinks, LINK_SECONDS } from './audio-link.ts';
import { TicketBook } from './ticket-book.ts';

const SECRET = 'a-secret-of-at-least-thirty-two-characters';
const OLD_SECRET = 'the-secret-before-it-which-is-still-good-a-while';
const RATE = 60;
let it: ServerUnderTest;
const [A, B, NOWHERE] = [randomUUID(), randomUUID(), randomUUID()];
const audio = wavFile();
const ofB = segmentFacts(audio, { session_id: B });

const mint = (facts: Partial<TokenFacts> = {}) =>
  mintToken(SECRET, { subject: 'u-1', sessionId: A, scopes: ['write'], seconds: 600, ...facts });
const call = async (token: string, method: string, path: string, init: RequestInit = {}) =>
  read(await it.request(path, { ...init, method, headers: withToken(init.headers, token) }));
const postSegment = (token: string, facts: Record<string, unknown>, file?: Buffer) =>
  call(token, 'POST', '/v1/segments', { body: segmentForm(facts, file) });
const json = (facts: unknown): RequestInit => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(facts),
});

beforeAll(async () => {
  it = await startServerUnderTest({
    secrets: [SECRET, OLD_SECRET],
    requestsPerWindow: RATE,
    metricsToken: 'for-prometheus',
  });
  const admin = await mint({ sessionId: '*', scopes: ['admin'] });
  expect((await postSegment(admin, ofB, audio)).status).toBe(201);
});
afterAll(() => it[Symbol.asyncDispose]());

test('[SRV-40] a token of one session is 403 for every other, on every route, whether that is there or not', async () => {
  const token = await mint({ scopes: ['write', 'read', 'admin'] });
  const stranger = segmentFacts(audio, { session_id: B });
  expect(await postSegment(token, stranger, audio)).toMatchObject({
    status: 403,
    body: { error: { code: 'forbidden' } },
  });
  expect((await call(token, 'POST', '/v1/transcripts', json(transcriptFacts({ session_id: B })))).status).toBe(403);
  expect((await call(token, 'POST', '/v1/sessions', json(sessionFacts({ session_id: B })))).status).toBe(403);
  expect((await call(token, 'POST', '/v1/tickets/x/complete', json(stranger))).status).toBe(403);
  const answers = [];
  for (const session of [B, NOWHERE, 'no-id'])
    for (const [method, path, init] of [
      ['GET', `/v1/sessions/${session}`],
      ['GET', `/v1/sessions/${session}/timeline`],
      ['GET', `/v1/sessions/${session}/files`],
      ['GET', `/v1/sessions/${session}/audio`],
      ['GET', `/v1/sessions/${session}/revisions`],
      ['DELETE', `/v1/sessions/${session}`],
      ['PATCH', `/v1/sessions/${session}`, json({ legal_hold: true })],
      ['POST', `/v1/sessions/${session}/files`, json({})],
    ] as const)
      answers.push(await call(token, method, path, init));
  expect(new Set(answers.map(({ status, body }) => `${status} ${JSON.stringify(body)}`)).size).toBe(1);
  expect(answers[0]?.status).toBe(403);
  expect((await call(token, 'GET', '/v1/sessions')).body).toMatchObject({ sessions: [] });
  for (const path of ['/v1/jobs', '/v1/sweeps']) {
    const method = path === '/v1/jobs' ? 'GET' : 'POST';
    expect((await call(token, method, path)).status).toBe(403);
  }
  expect(await it.rows('SELECT legal_hold FROM sessions WHERE session_id = $1', [B])).toEqual([{ legal_hold: false }]);
});

test('[SRV-40] a segment of another session and one that is not there are the same 404', async () => {
  const token = await mint({ scopes: ['admin'] });
  const answers = [];
  for (const id of [String(ofB['segment_id']), NOWHERE, '..%2f..%2fetc%2fpasswd'])
    for (const [method, path] of [
      ['GET', `/v1/segments/${id}/audio`],
      ['DELETE', `/v1/segments/${id}`],
    ] as const)
      answers.push({ method, answer: await call(token, method, path) });
  expect(answers.map(({ answer }) => answer.status)).toEqual([404, 404, 404, 404, 404, 404]);
  for (const method of ['GET', 'DELETE'])
    expect(
      new Set(answers.filter((a) => a.method === method).map(({ answer }) => JSON.stringify(answer.body))).size,
    ).toBe(1);
});

test('[SRV-41] one algorithm, one audience, an end that is near: any other token is 401, and the answer does not say why', async () => {
  const now = Math.floor(Date.now() / 1000);
  const claims = { aud: 'turntape', sub: 'u', session_id: A, scope: 'write', iat: now, exp: now + 600 };
  const good = sign({ alg: 'HS256', typ: 'JWT' }, claims, SECRET);
  expect((await call(good, 'GET', '/v1/config')).status).toBe(200);
  // What a backend makes while the secret is being replaced.
  expect((await call(sign({ alg: 'HS256' }, claims, OLD_SECRET), 'GET', '/v1/config')).status).toBe(200);
  const [head, body] = good.split('.');
  const bad = {
    'no algorithm': `${encode({ alg: 'none' })}.${body}.`,
    'no signature': `${head}.${body}.`,
    'another algorithm': sign({ alg: 'HS512' }, claims, SECRET, 'sha512'),
    'another secret': sign({ alg: 'HS256' }, claims, `${SECRET}x`),
    'another audience': sign({ alg: 'HS256' }, { ...claims, aud: 'other' }, SECRET),
    'no audience': sign({ alg: 'HS256' }, { ...claims, aud: undefined }, SECRET),
    'no end': sign({ alg: 'HS256' }, { ...claims, exp: undefined }, SECRET),
    'no beginning': sign({ alg: 'HS256' }, { ...claims, iat: undefined }, SECRET),
    over: sign({ alg: 'HS256' }, { ...claims, iat: now - 700, exp: now - 60 }, SECRET),
    'not yet': sign({ alg: 'HS256' }, { ...claims, nbf: now + 600 }, SECRET),
    'from a time to come': sign({ alg: 'HS256' }, { ...claims, iat: now + 86_400, exp: now + 87_000 }, SECRET),
    'too long': sign({ alg: 'HS256' }, { ...claims, exp: now + 3601 }, SECRET),
    'no session': sign({ alg: 'HS256' }, { ...claims, session_id: undefined }, SECRET),
    'no such scope': sign({ alg: 'HS256' }, { ...claims, scope: 'write root' }, SECRET),
    'changed claims': `${head}.${encode({ ...claims, session_id: B })}.${good.split('.')[2]}`,
    'the secret itself': SECRET,
    'one word too many': `${good} ${good}`,
  };
  const answers = new Set<string>();
  for (const [what, token] of Object.entries(bad)) {
    const { status, body: answer } = await call(token, 'GET', '/v1/config');
    expect(status, what).toBe(401);
    answers.add(JSON.stringify(answer));
  }
  expect(answers.size).toBe(1);
});

test('[SRV-14] a token in a cookie, in the address or in the form is no token: a page of another site could send it', async () => {
  const token = await mint({ scopes: ['admin'] });
  const form = segmentForm(segmentFacts(audio, { session_id: A }), audio);
  form.set('authorization', `Bearer ${token}`);
  const headers = { cookie: `authorization=Bearer ${token}; token=${token}`, authorization: '' };
  for (const path of ['/v1/segments', `/v1/segments?token=${token}`, `/v1/segments?access_token=${token}`])
    expect((await read(await it.request(path, { method: 'POST', headers, body: form }))).status).toBe(401);
});

test('[SRV-42] who may write may not read, who may read may not write, and neither may delete', async () => {
  const writer = await mint();
  const reader = await mint({ scopes: ['read'] });
  const facts = segmentFacts(audio, { session_id: A });
  expect((await postSegment(reader, facts, audio)).status).toBe(403);
  expect((await postSegment(writer, facts, audio)).status).toBe(201);
  expect((await call(writer, 'GET', `/v1/sessions/${A}`)).status).toBe(403);
  expect((await call(writer, 'GET', `/v1/segments/${String(facts['segment_id'])}/audio`)).status).toBe(403);
  expect((await call(reader, 'GET', `/v1/sessions/${A}`)).status).toBe(200);
  for (const token of [writer, reader]) {
    expect((await call(token, 'DELETE', `/v1/sessions/${A}`)).status).toBe(403);
    expect((await call(token, 'PATCH', `/v1/sessions/${A}`, json({ legal_hold: true }))).status).toBe(403);
  }
});

test('[SRV-43] a token’s count and bytes end the session’s room: 403, nothing stored, and a fresh token has more', async () => {
  const session = randomUUID();
  const facts = Array.from({ length: 6 }, () => segmentFacts(audio, { session_id: session }));
  const two = await mint({ sessionId: session, maxSegments: 2 });
  const answers = await Promise.all(facts.slice(0, 4).map((segment) => postSegment(two, segment, audio)));
  expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([201, 201, 403, 403]);
  expect(answers.find(({ status }) => status === 403)?.body).toMatchObject({ error: { code: 'quota_exceeded' } });
  const bytes = await mint({ sessionId: session, maxBytes: audio.length * 3 });
  expect((await postSegment(bytes, facts[4]!, audio)).status).toBe(201);
  expect((await postSegment(bytes, facts[5]!, audio)).status).toBe(403);
  // What is there stays acknowledged: a repeat needs no room.
  expect((await postSegment(two, facts[4]!, audio)).status).toBe(200);
  expect(await it.rows('SELECT 1 FROM session_audio_segments WHERE session_id = $1', [session])).toHaveLength(3);
});

test('[SRV-139] a token that leaves a speaker out takes no audio of theirs by any way: 422 with the field, and nothing is stored', async () => {
  const session = randomUUID();
  const of = (speaker: string) => segmentFacts(audio, { session_id: session, speaker });
  const token = await mint({ sessionId: session, speakers: ['bot'] });
  const no = { status: 422, body: { error: { code: 'invalid_field', field: 'speaker' } } };
  expect(await postSegment(token, of('user'), audio)).toMatchObject(no);
  expect(await call(token, 'POST', '/v1/tickets/x/complete', json(of('user')))).toMatchObject(no);
  const recording = (recording_type: string) => {
    const form = new FormData();
    const facts = JSON.stringify({ recording_id: randomUUID(), format: 'wav', recording_type });
    form.append('recording', new Blob([facts], { type: 'application/json' }));
    form.append('audio', new Blob([new Uint8Array(audio)], { type: 'audio/wav' }), 'a.wav');
    return call(token, 'POST', `/v1/sessions/${session}/recordings`, { body: form });
  };
  expect(await recording('user')).toMatchObject(no);
  expect(await recording('mixed')).toMatchObject(no);
  expect((await postSegment(token, of('bot'), audio)).status).toBe(201);
  const rows = await it.rows('SELECT speaker FROM session_audio_segments WHERE session_id = $1', [session]);
  expect(rows).toEqual([{ speaker: 'bot' }]);
  // Nobody is left out by a token that says nothing of it; by one with an empty list everybody is.
  expect((await postSegment(await mint({ sessionId: session }), of('user'), audio)).status).toBe(201);
  const none = await call(await mint({ sessionId: session, speakers: [] }), 'GET', '/v1/config');
  expect(none.status).toBe(401);
});

test('[SRV-44] ten times the rate of a token is cut with 429 and a time to come back; another token goes on', async () => {
  const [greedy, modest] = [await mint(), await mint()];
  const { taken, cut, windows, tookMs } = await flood(greedy, RATE * 10);
  expect(taken).toBeGreaterThanOrEqual(RATE);
  expect(taken).toBeLessThanOrEqual(RATE * windows);
  expect(cut[0]?.body).toMatchObject({ error: { code: 'rate_limited' } });
  expect(Number(cut[0]?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  // What is left of the window of 10 s, and no less.
  const refusal = cut[0]?.body as { error: { retry_after_ms: number } } | undefined;
  expect((refusal?.error.retry_after_ms ?? 0) + tookMs).toBeGreaterThan(9990);
  expect((await call(modest, 'GET', '/v1/config')).status).toBe(200);
  // Tokens without an id of their own: one user's in two sessions are two.
  const now = Math.floor(Date.now() / 1000);
  const plain = (sessionId: string) =>
    sign(
      { alg: 'HS256' },
      { aud: 'turntape', sub: 'plain', session_id: sessionId, scope: 'write', iat: now, exp: now + 600 },
      SECRET,
    );
  const ofA = await flood(plain(A), RATE + 1);
  if (ofA.windows === 1) expect(ofA.cut).toHaveLength(1);
  expect((await call(plain(B), 'GET', '/v1/config')).status).toBe(200);
});

/** So many requests at once. `windows`: of 10 s, in which they may have come; a machine may stand still. */
async function flood(token: string, requests: number) {
  const from = performance.now();
  const all = await Promise.all(Array.from({ length: requests }, () => call(token, 'GET', '/v1/config')));
  const tookMs = performance.now() - from;
  const cut = all.filter(({ status }) => status === 429);
  return {
    taken: all.filter(({ status }) => status === 200).length,
    cut,
    windows: 1 + Math.floor(tookMs / 10_000),
    tookMs,
  };
}

test('[SRV-45] the address of a file opens that file, for reading, for a while, and nothing else', async () => {
  const reader = await mint({ sessionId: B, scopes: ['read'] });
  const { body } = await call(reader, 'GET', `/v1/sessions/${B}`);
  const url = (body as { turns: { playback_url: string }[] }).turns[0]?.playback_url ?? '';
  const open = (path: string, method = 'GET') => fetch(`${it.server.url}${path}`, { method });
  const good = await open(url);
  expect(good.status).toBe(200);
  expect(good.headers.get('x-content-type-options')).toBe('nosniff');
  expect(good.headers.get('content-security-policy')).toContain('sandbox');
  expect(good.headers.get('cache-control')).toBe('private, no-store');
  expect(Buffer.from(await good.arrayBuffer()).equals(audio)).toBe(true);
  const query = url.slice(url.indexOf('?'));
  for (const path of [
    // Another one, whatever it is.
    url.replace(/signature=(.)/, (_, first: string) => `signature=${first === 'A' ? 'B' : 'A'}`),
    url.replace(/expires=\d/, 'expires=9'),
    `/v1/sessions/${B}${query}`,
    `/v1/segments/${NOWHERE}/audio${query}`,
    url.split('&')[0] ?? '',
  ])
    expect((await read(await open(path))).status, path).toBe(401);
  expect((await read(await open(url, 'DELETE'))).status).toBe(401);
  expect(JSON.stringify(it.log)).not.toContain('signature=');
});

test('[SRV-45] an address is over after its time', () => {
  let now = 1_000_000;
  const links = new AudioLinks(Buffer.alloc(32, 1), () => now);
  const url = new URL(`http://x${links.sign('/v1/segments/s/audio')}`);
  const { expires, signature } = Object.fromEntries(url.searchParams) as { expires: string; signature: string };
  now += (LINK_SECONDS - 1) * 1000;
  expect(links.isGood(url.pathname, expires, signature)).toBe(true);
  now += 1000;
  expect(links.isGood(url.pathname, expires, signature)).toBe(false);
});

test('[SRV-64] a ticket is for one file: another segment, session, hash or size has none, nor has another server', async () => {
  const book = new TicketBook(Buffer.alloc(32, 1));
  const facts = checkJson(segmentSchema, JSON.stringify(segmentFacts(audio)));
  const { ticketId, nonce } = await book.make(facts);
  expect(await book.read(ticketId, facts)).toBe(nonce);
  const others = { segment_id: NOWHERE, session_id: NOWHERE, sha256: 'f'.repeat(64), byte_size: 1 };
  for (const [name, value] of Object.entries(others))
    expect(await book.read(ticketId, { ...facts, [name]: value }), name).toBeUndefined();
  expect(await new TicketBook(Buffer.alloc(32, 2)).read(ticketId, facts)).toBeUndefined();
});

test('[SRV-64] a ticket is over after six hours', async () => {
  const book = new TicketBook(Buffer.alloc(32, 1));
  const facts = checkJson(segmentSchema, JSON.stringify(segmentFacts(audio)));
  const { ticketId, nonce } = await book.make(facts);
  const from = Date.now();
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    vi.setSystemTime(from + 5.9 * 3_600_000);
    expect(await book.read(ticketId, facts)).toBe(nonce);
    vi.setSystemTime(from + 6.1 * 3_600_000);
    expect(await book.read(ticketId, facts)).toBeUndefined();
  } finally {
    vi.useRealTimers();
  }
});

test('[SRV-80] figures are for who has their token, or that of an admin of every session', async () => {
  const ask = async (token: string) =>
    (await fetch(`${it.server.url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).status;
  expect(await ask('for-prometheus')).toBe(200);
  expect(await ask(await mint({ scopes: ['admin'], sessionId: '*' }))).toBe(200);
  expect(await ask(await mint({ scopes: ['read'], sessionId: '*' }))).toBe(401);
  expect(await ask(await mint({ scopes: ['admin'] }))).toBe(401);
  expect((await fetch(`${it.server.url}/metrics`)).status).toBe(401);
});

test('[SRV-21] no token is in the log, not even one that was refused', async () => {
  const token = await mint({ scopes: ['read'] });
  await call(token, 'GET', '/v1/sessions');
  await call(`${token}x`, 'GET', '/v1/sessions');
  const text = JSON.stringify(it.log);
  expect(text).not.toContain(token.split('.')[2]);
  expect(text).not.toContain(SECRET);
});

test('[SRV-44] an address that tries one bad token after another is cut with 429, and a good token of it is served', async () => {
  await using here = await startServerUnderTest({ secrets: [SECRET], requestsPerWindow: 5 });
  const ask = (bearer: string) =>
    fetch(`${here.server.url}/v1/config`, { headers: { authorization: `Bearer ${bearer}` } }).then(read);
  const from = performance.now();
  const tries = await Promise.all(Array.from({ length: 50 }, (_, i) => ask(`bad-${i}`)));
  const windows = 1 + Math.floor((performance.now() - from) / 10_000);
  const refused = tries.filter(({ status }) => status === 401);
  expect(refused.length).toBeGreaterThanOrEqual(5);
  expect(refused.length).toBeLessThanOrEqual(5 * windows);
  const cut = tries.find(({ status }) => status === 429);
  expect(cut?.body).toMatchObject({ error: { code: 'rate_limited' } });
  expect(Number(cut?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect((await ask(await mint())).status).toBe(200);
});

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** A token made without any library, as a backend in another language would. */
function sign(header: object, claims: object, secret: string, hash = 'sha256'): string {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${createHmac(hash, secret).update(text).digest('base64url')}`;
}

function withToken(given: RequestInit['headers'], token: string): Headers {
  const headers = new Headers(given);
  headers.set('authorization', `Bearer ${token}`);
  return headers;
}
