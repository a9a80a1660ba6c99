import { createHash } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { array, assert, asyncProperty, constantFrom } from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TurntapeError } from '../../core/errors.ts';
import type { SegmentWire } from '../../core/wire.ts';
import { MemoryOutbox } from '../../upload-contract/memory-outbox.ts';
import {
  sampleSegment,
  sampleSegmentWithAudio,
  sampleSession,
  sampleSessionEnd,
  sampleTranscript,
} from '../../upload-contract/samples.ts';
import { serverAnswer } from '../../upload-contract/server-answer.ts';
import type { SendOptions, UploadTarget } from '../../upload-contract/target.ts';
import { createUploader } from '../uploader.ts';
import { type HttpOptions, httpTarget } from './http-target.ts';

/** How the next post fails. `lost answer` stores first, as a server does whose line is cut a moment later. */
type Fault =
  | 'none'
  | 'lost answer'
  | 'cut before'
  | 'cut body'
  | 'hang'
  | 'wrong hash'
  | 'no json'
  | { status: number; headers?: Record<string, string>; body?: unknown };

interface Post {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly parts: Readonly<Record<string, string>>;
}

/** A backend of a few lines, on a real socket, that fails as it is told. */
class FaultServer {
  readonly posts: Post[] = [];
  readonly stored = new Map<string, { sha256: string; commits: number }>();
  readonly faults: Fault[] = [];
  /** Undefined: there is no such address. */
  config: unknown;
  configRequests = 0;
  configTokens: (string | undefined)[] = [];
  configStatus: number | undefined;
  accepts: (authorization: string | undefined) => boolean = () => true;
  readonly #server: Server = createServer((request, response) => {
    this.#serve(request, response).catch(() => request.socket.destroy());
  });

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get base(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    const { authorization } = request.headers;
    if (path === '/v1/config') {
      this.configRequests += 1;
      this.configTokens.push(authorization);
      if (this.configStatus) return end(response, this.configStatus, {});
      const isThere = this.config !== undefined;
      return end(response, isThere ? 200 : 404, isThere ? this.config : {});
    }
    const body = new Request('http://any', {
      method: 'POST',
      headers: request.headers as Record<string, string>,
      body: Readable.toWeb(request) as ReadableStream,
      duplex: 'half',
    } as RequestInit);
    const { parts, audio } = path === '/v1/segments' ? await readForm(body) : await readJson(body);
    this.posts.push({ path, authorization, parts });
    if (!this.accepts(authorization)) return end(response, 401, { error: { code: 'unauthorized', message: 'no' } });
    const fault = this.faults.shift() ?? 'none';
    if (fault === 'hang') return undefined;
    if (fault === 'cut before') return void request.socket.destroy();
    if (typeof fault === 'object') return end(response, fault.status, fault.body ?? {}, fault.headers);
    if (path !== '/v1/segments') return end(response, 201, {});
    return this.#store(JSON.parse(parts['segment'] ?? '{}') as SegmentWire, audio, fault, request, response);
  }

  #store(
    { segment_id }: SegmentWire,
    audio: Buffer,
    fault: Fault,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const sha256 = createHash('sha256').update(audio).digest('hex');
    const known = this.stored.get(segment_id);
    if (known && known.sha256 !== sha256) return end(response, 409, { error: { code: 'conflict', message: 'other' } });
    this.stored.set(segment_id, { sha256, commits: (known?.commits ?? 0) + 1 });
    if (fault === 'lost answer') return void request.socket.destroy();
    if (fault === 'no json') return end(response, 200, '<html>');
    const receipt = { segment_id, sha256: fault === 'wrong hash' ? 'f'.repeat(64) : sha256, byte_size: audio.length };
    if (fault === 'cut body') {
      response
        .writeHead(201, { 'content-length': '500' })
        .write(JSON.stringify(receipt).slice(0, 20), () => request.socket.destroy());
      return undefined;
    }
    return end(response, known ? 200 : 201, { ...receipt, audio_url: 'urn:here' });
  }
}

function end(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

async function readForm(body: Request): Promise<{ parts: Record<string, string>; audio: Buffer }> {
  const form = await body.formData();
  const parts: Record<string, string> = {};
  let audio = Buffer.alloc(0);
  for (const [name, value] of form) {
    const file = value as File;
    parts[`${name} type`] = file.type;
    parts[`${name} name`] = file.name;
    if (name === 'audio') audio = Buffer.from(await file.arrayBuffer());
    else parts[name] = await file.text();
  }
  return { parts, audio };
}

async function readJson(body: Request): Promise<{ parts: Record<string, string>; audio: Buffer }> {
  const type = body.headers.get('content-type') ?? '';
  return { parts: { json: await body.text(), type }, audio: Buffer.alloc(0) };
}

let server: FaultServer;

beforeEach(async () => {
  server = new FaultServer();
  await server.listen();
});

afterEach(() => server.close());

const target = (options: HttpOptions = {}): UploadTarget => httpTarget(server.base, options);
const options = (): SendOptions => ({ signal: new AbortController().signal });
const audioOf = (audio: ArrayBuffer): Blob => new Blob([audio]);

async function sendOne(to = target(), send: SendOptions = options()) {
  const { segment, audio } = await sampleSegmentWithAudio('s');
  return to.send(segment, audioOf(audio), send);
}

const failure = (work: Promise<unknown>): Promise<TurntapeError> =>
  work.then(
    () => Promise.reject(new Error('it did not fail')),
    (thrown: unknown) => thrown as TurntapeError,
  );

test('[HTTP-1] a segment is one multipart request: metadata as application/json, the file under its own type', async () => {
  const { segment, audio } = await sampleSegmentWithAudio('s', { format: 'opus' });
  const receipt = await target().send(segment, audioOf(audio), options());
  expect(receipt).toEqual({
    segment_id: segment.segment_id,
    sha256: segment.sha256,
    byte_size: 2000,
    audio_url: 'urn:here',
  });
  const [post] = server.posts;
  expect(post).toMatchObject({
    path: '/v1/segments',
    parts: { 'segment type': 'application/json', 'audio type': 'audio/ogg', 'audio name': `${segment.segment_id}.ogg` },
  });
  const { sent_at, ...facts } = JSON.parse(post?.parts['segment'] ?? '') as Record<string, unknown>;
  expect(facts).toEqual(segment);
  expect(Date.parse(sent_at as string)).toBeGreaterThan(0);
});

test('[HTTP-1] a WAV goes as audio/wav, and a turn that was never heard without a file', async () => {
  const { segment, audio } = await sampleSegmentWithAudio('s', { format: 'wav' });
  await target().send(segment, audioOf(audio), options());
  await target().send(sampleSegment('s'), undefined, options());
  expect(server.posts.map((post) => post.parts['audio type'])).toEqual(['audio/wav', undefined]);
});

test('[HTTP-1] the same bytes again are answered with the same receipt', async () => {
  const { segment, audio } = await sampleSegmentWithAudio('s');
  const first = await target().send(segment, audioOf(audio), options());
  expect(await target().send(segment, audioOf(audio), options())).toEqual(first);
});

test('[HTTP-2] transcripts and sessions are posted as JSON to addresses of their own', async () => {
  const transcript = sampleTranscript('s');
  await target().sendTranscript?.(transcript, options());
  await target().sendSession?.(sampleSession('s'), options());
  expect(server.posts.map((post) => [post.path, post.parts['type'], JSON.parse(post.parts['json'] ?? '')])).toEqual([
    ['/v1/transcripts', 'application/json', transcript],
    ['/v1/sessions', 'application/json', sampleSession('s')],
  ]);
});

test('[HTTP-3] the base may be relative, and a slash at its end does no harm', async () => {
  const asked: string[] = [];
  const fetch = ((address: string) => {
    asked.push(address);
    return Promise.resolve(new Response('{}', { status: 404 }));
  }) as typeof globalThis.fetch;
  for (const base of ['/v1', '/v1//', '/', 'https://voice.example/v1/'])
    await failure(sendOne(httpTarget(base, { fetch })));
  expect(asked).toEqual([
    '/v1/config',
    '/v1/segments',
    '/v1/config',
    '/v1/segments',
    '/config',
    '/segments',
    'https://voice.example/v1/config',
    'https://voice.example/v1/segments',
  ]);
});

test.each(['', 'http://', 'ftp://voice.example', '/v1?tenant=1', '/v1#a', 'https://user:secret@voice.example'])(
  '[HTTP-3] a base that can never work is refused at the door: %s',
  (base) => {
    expect(() => httpTarget(base)).toThrow(expect.objectContaining({ code: 'invalid_option', field: 'base' }));
  },
);

test('[HTTP-3] a timeout that is no time is refused at the door', () => {
  expect(() => httpTarget('/v1', { timeoutMs: 0 })).toThrow(expect.objectContaining({ field: 'timeoutMs' }));
});

test('[HTTP-4] headers are asked for each request, with the session and the purpose', async () => {
  const asked: string[] = [];
  const to = target({
    headers: async ({ sessionId, purpose }) => {
      asked.push(`${sessionId} ${purpose}`);
      return { authorization: `Bearer ${sessionId}`, 'content-type': 'text/plain' };
    },
  });
  await sendOne(to);
  await to.sendSession?.(sampleSession('other'), options());
  expect(asked).toEqual(['s config', 's segment', 'other session']);
  expect(server.posts.map((post) => post.authorization)).toEqual(['Bearer s', 'Bearer other']);
});

test.each([401, 403])(
  '[HTTP-4] after a %i a fresh token is asked for once, and the same request goes again',
  async (status) => {
    let count = 0;
    const headers = () => ({ authorization: `Bearer ${(count += 1)}` });
    server.config = {};
    server.faults.push({ status });
    const to = target({ headers });
    await sendOne(to);
    expect(server.posts.map((post) => post.authorization)).toEqual(['Bearer 2', 'Bearer 3']);
    server.faults.push({ status }, { status });
    const error = await failure(sendOne(to));
    expect(error).toMatchObject({ code: 'unauthorized', retryable: false });
    expect(serverAnswer(error)?.status).toBe(status);
    expect(server.posts).toHaveLength(4);
  },
);

test('[HTTP-4] without headers there is no second token to try', async () => {
  server.accepts = () => false;
  expect(await failure(sendOne())).toMatchObject({ code: 'unauthorized' });
  expect(server.posts).toHaveLength(1);
});

test('[HTTP-4] headers that cannot be had are a network that is down, also when they hang', async () => {
  const thrown = new Error('the token endpoint answered 502');
  expect(await failure(sendOne(target({ headers: () => Promise.reject(thrown) })))).toMatchObject({
    code: 'network',
    retryable: true,
    cause: thrown,
  });
  const hanging = target({ headers: () => new Promise(() => {}), timeoutMs: 20 });
  expect(await failure(sendOne(hanging))).toMatchObject({ code: 'network', retryable: true });
  expect(server.posts).toEqual([]);
});

test.each([408, 425, 429, 500, 502, 503, 507])('[HTTP-5] %i is tried again later', async (status) => {
  server.faults.push({ status });
  expect(await failure(sendOne())).toMatchObject({ code: 'server_error', retryable: true });
});

test.each([400, 404, 405, 409, 413, 415, 422])('[HTTP-5] %i refuses a segment for good', async (status) => {
  const body = { error: { code: 'its_own_code', message: 'its own words', field: 'audio' } };
  server.faults.push({ status, body });
  const error = await failure(sendOne());
  expect(error).toMatchObject({ code: 'rejected', retryable: false, field: 'audio' });
  expect(error.message).toContain('its_own_code: its own words');
  expect(serverAnswer(error)).toMatchObject({ status, code: 'its_own_code', field: 'audio' });
});

test.each([404, 405])(
  '[HTTP-5] %i under transcripts and sessions says that the backend has no place for them',
  async (status) => {
    server.faults.push({ status }, { status });
    const to = target();
    const transcript = await failure(Promise.resolve(to.sendTranscript?.(sampleTranscript('s'), options())));
    expect(transcript).toMatchObject({ code: 'not_supported_by_target', retryable: false });
    const session = await failure(Promise.resolve(to.sendSession?.(sampleSession('s'), options())));
    expect(session).toMatchObject({ code: 'not_supported_by_target' });
  },
);

test('[HTTP-6] Retry-After is carried along: seconds, a date, or the body where CORS hides the header', async () => {
  const date = new Date(Date.now() + 3_600_000).toUTCString();
  server.faults.push(
    { status: 503, headers: { 'retry-after': '7' }, body: { error: { retry_after_ms: 9000 } } },
    { status: 429, body: { error: { retry_after_ms: 2500 } } },
    { status: 503, headers: { 'retry-after': date } },
    { status: 503, headers: { 'retry-after': 'soon' } },
  );
  const waits: (number | undefined)[] = [];
  for (let count = 0; count < 4; count += 1) waits.push(serverAnswer(await failure(sendOne()))?.retryAfterMs);
  expect([waits[0], waits[1], waits[3]]).toEqual([7000, 2500, undefined]);
  expect(waits[2]).toBeGreaterThan(3_500_000);
  expect(waits[2]).toBeLessThanOrEqual(3_600_000);
});

test.each(['no json', { status: 201, body: {} }, { status: 200, body: { segment_id: 'x', byte_size: '1' } }] as const)(
  '[HTTP-7] a success without a valid receipt proves nothing: tried again (%j)',
  async (fault) => {
    server.faults.push(fault);
    expect(await failure(sendOne())).toMatchObject({ code: 'server_error', retryable: true });
  },
);

test.each(['cut before', 'lost answer', 'cut body'] as const)(
  '[HTTP-8] a line that is cut is the network: %s',
  async (fault) => {
    server.faults.push(fault);
    expect(await failure(sendOne())).toMatchObject({ code: 'network', retryable: true });
  },
);

test('[HTTP-8] an answer that does not come in time is the network', async () => {
  server.config = {};
  server.faults.push('hang');
  // A file of 40 bytes at 4 KiB/s adds 10 ms to the timeout.
  const { segment, audio } = await sampleSegmentWithAudio('s', { byteSize: 40 });
  const error = await failure(target({ timeoutMs: 50 }).send(segment, audioOf(audio), options()));
  expect(error).toMatchObject({ code: 'network', retryable: true, message: 'the backend did not answer in time' });
});

test('[HTTP-8] a call that is aborted says so', async () => {
  server.faults.push('hang');
  const abort = new AbortController();
  const sending = failure(sendOne(target(), { signal: abort.signal }));
  await expect.poll(() => server.posts.length).toBe(1);
  abort.abort();
  expect(await sending).toMatchObject({ code: 'aborted' });
});

test('[HTTP-8] the bytes have gone when a success begins to arrive, not before', async () => {
  let gone = 0;
  const send = { ...options(), onSent: () => (gone += 1) };
  server.faults.push({ status: 503 });
  await failure(sendOne(target(), send));
  expect(gone).toBe(0);
  await sendOne(target(), send);
  expect(gone).toBe(1);
});

test('[HTTP-9] published limits are checked before anything is sent', async () => {
  server.config = { max_bytes: 1000, max_json_bytes: 5000, formats: ['opus'] };
  const to = target();
  expect(await failure(sendOne(to))).toMatchObject({ code: 'rejected', field: 'audio' });
  const small = await sampleSegmentWithAudio('s', { byteSize: 1000, format: 'wav' });
  expect(await failure(to.send(small.segment, audioOf(small.audio), options()))).toMatchObject({ field: 'format' });
  const long = sampleTranscript('s', { text: 'é'.repeat(3000) });
  const refused = failure(Promise.resolve(to.sendTranscript?.(long, options())));
  expect(await refused).toMatchObject({ code: 'rejected', field: 'transcript' });
  const fits = await sampleSegmentWithAudio('s', { byteSize: 1000 });
  await to.send(fits.segment, audioOf(fits.audio), options());
  expect(server.posts).toHaveLength(1);
  expect(server.configRequests).toBe(1);
});

test('[HTTP-9] a backend that publishes none is asked once', async () => {
  const to = target();
  await sendOne(to);
  await sendOne(to);
  expect(server.configRequests).toBe(1);
});

test('[HTTP-9] limits that cannot be asked for hold nothing back, and are not asked for again once it works', async () => {
  let asked = 0;
  const fetch: typeof globalThis.fetch = (input, init) => {
    if (input !== `${server.base}/config`) return globalThis.fetch(input, init);
    asked += 1;
    return Promise.reject(new TypeError('forbidden by CORS'));
  };
  const to = target({ fetch });
  server.faults.push({ status: 503 });
  await failure(sendOne(to));
  await sendOne(to);
  await sendOne(to);
  expect(asked).toBe(2);
});

test('[DIAG-5] a backend that answers at all is there, and no token is asked for; one that fails or is none is not', async () => {
  let tokens = 0;
  const to = target({ headers: () => ({ authorization: `Bearer ${(tokens += 1)}` }) });
  const check = () => to.check?.({ signal: new AbortController().signal });
  await check();
  server.configStatus = 401;
  await check();
  expect([tokens, server.configTokens]).toEqual([0, [undefined, undefined]]);
  server.configStatus = 503;
  await expect(check()).rejects.toMatchObject({ code: 'server_error' });
  await server.close();
  await expect(check()).rejects.toMatchObject({ code: 'network' });
});

/** An outbox with one session of some segments; some fit no backend. */
async function fill(outbox: MemoryOutbox, sessionId: string, count: number): Promise<SegmentWire[]> {
  const segments: SegmentWire[] = [];
  outbox.add({ kind: 'session', session: sampleSession(sessionId) });
  for (let fill = 0; fill < count; fill += 1) {
    const { segment, audio } = await sampleSegmentWithAudio(sessionId, { fill, byteSize: 5000 });
    outbox.add({ kind: 'segment', segment }, audio);
    segments.push(segment);
  }
  outbox.add({ kind: 'transcript', transcript: sampleTranscript(sessionId) });
  outbox.add({ kind: 'session', session: sampleSessionEnd(sessionId) });
  return segments;
}

/** Waits of a few milliseconds: the order of events is what is tested, and the real clock drives it. */
const QUICK = { baseMs: 1, minMs: 1, maxMs: 4, maxRetryAfterMs: 20 };

test('[SEND-17] every fault of a real line, one after the other: each segment is stored, acknowledged once, proved', async () => {
  const outbox = new MemoryOutbox();
  const segments = await fill(outbox, 's', 6);
  let token = 0;
  server.accepts = (authorization) => authorization !== 'Bearer 9';
  server.faults.push(
    'none',
    'lost answer',
    { status: 500 },
    'none',
    { status: 503, headers: { 'retry-after': '1' } },
    'cut body',
    'cut before',
    'wrong hash',
    'no json',
    'none',
    { status: 413, body: { error: { code: 'too_large', message: '', field: 'audio' } } },
  );
  const to = target({ headers: () => ({ authorization: `Bearer ${(token += 1)}` }) });
  const uploader = createUploader({ outbox, target: to, retry: QUICK });
  const acknowledged: string[] = [];
  uploader.on('acknowledged', ({ receipt }) => receipt && acknowledged.push(receipt.segment_id));
  await expect(uploader.whenDelivered('s')).rejects.toMatchObject({ code: 'rejected', field: 'audio' });
  // The fourth was refused with 413 and stays; all others are there, once, with their own hash.
  const [refused] = outbox.held;
  expect(outbox.held).toMatchObject([{ state: 'rejected', error: { code: 'rejected', field: 'audio' } }]);
  const refusedId = refused?.payload.kind === 'segment' ? refused.payload.segment.segment_id : '';
  const delivered = segments.filter((segment) => segment.segment_id !== refusedId);
  expect(acknowledged).toEqual(delivered.map((segment) => segment.segment_id));
  expect(Array.from(server.stored, ([id, { sha256 }]) => [id, sha256])).toEqual(
    delivered.map((segment) => [segment.segment_id, segment.sha256]),
  );
  // Retry sends what was refused, when the backend has changed its mind.
  await uploader.retry({ sessionId: 's' });
  await uploader.whenDelivered('s');
  expect(outbox.held).toEqual([]);
  expect(server.stored.size).toBe(6);
  await uploader.dispose();
});

test('[SEND-17] a token that is refused pauses its own session over a real line, and a good one ends it', async () => {
  const outbox = new MemoryOutbox();
  await fill(outbox, 'a', 2);
  await fill(outbox, 'b', 2);
  let isFresh = false;
  server.accepts = (authorization) => authorization === 'Bearer b' || isFresh;
  const to = target({ headers: ({ sessionId }) => ({ authorization: `Bearer ${sessionId}` }) });
  const uploader = createUploader({ outbox, target: to, retry: QUICK });
  await uploader.whenDelivered('b');
  await expect(uploader.whenDelivered('a')).rejects.toMatchObject({ code: 'unauthorized' });
  expect(server.stored.size).toBe(2);
  isFresh = true;
  uploader.resume('a');
  await uploader.whenDelivered('a');
  expect(server.stored.size).toBe(4);
  await uploader.dispose();
});

test('[SEND-17] any sequence of faults of a real line: nothing is lost, nothing doubled, every hash equal', async () => {
  const faults: Fault[] = [
    'none',
    'lost answer',
    'cut before',
    'cut body',
    'wrong hash',
    'no json',
    { status: 500 },
    { status: 503, body: { error: { retry_after_ms: 3 } } },
  ];
  await assert(
    asyncProperty(array(constantFrom(...faults), { maxLength: 12 }), async (sequence) => {
      server.stored.clear();
      server.faults.splice(0, Infinity, ...sequence);
      const outbox = new MemoryOutbox();
      const segments = [...(await fill(outbox, 'a', 2)), ...(await fill(outbox, 'b', 2))];
      const uploader = createUploader({ outbox, target: target(), retry: QUICK });
      await uploader.whenDelivered('a');
      await uploader.whenDelivered('b');
      await uploader.dispose();
      expect(outbox.held).toEqual([]);
      expect(new Set(Array.from(server.stored, ([id, { sha256 }]) => `${id} ${sha256}`))).toEqual(
        new Set(segments.map((segment) => `${segment.segment_id} ${segment.sha256}`)),
      );
    }),
    { numRuns: 25 },
  );
});
