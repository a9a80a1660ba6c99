import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sendBadBodies } from './testing/bad-bodies.ts';
import { segmentFacts, wavFile } from './testing/sample-facts.ts';
import { startServerUnderTest, TOKEN, type Answer, type ServerUnderTest } from './testing/server-under-test.ts';
import { waitFor } from './testing/wait-for.ts';

const MAX_BYTES = 1_000_000;
let it: ServerUnderTest;
beforeAll(async () => {
  it = await startServerUnderTest({ maxBytes: MAX_BYTES });
});
afterAll(() => it[Symbol.asyncDispose]());

test('[SRV-90] 300 bad bodies: each is refused by name or stored whole; the server lives, and no row is without its file', async () => {
  const statuses = await sendBadBodies(it.server.url, TOKEN, 300);
  expect(Object.keys(statuses).filter((status) => !/^(200|201|400|404|409|410|413|415|422)$/.test(status))).toEqual([]);
  expect(statuses['400'] ?? 0).toBeGreaterThan(20);
  expect(statuses['422'] ?? 0).toBeGreaterThan(20);
  await everyRowHasItsFile();
  const audio = wavFile();
  expect((await it.postSegment(segmentFacts(audio), audio)).status).toBe(201);
});

test('[SRV-47] ids are UUIDs and nothing else: no path leaves its folder', async () => {
  const audio = wavFile();
  const before = await readdir(it.data);
  for (const id of ['../../etc/passwd', '..', '%2e%2e%2f', `${randomUUID()}/..`, `${randomUUID()}\0`, 'C:\\x', '']) {
    expect((await it.postSegment(segmentFacts(audio, { segment_id: id }), audio)).status).toBe(422);
    expect((await it.postSegment(segmentFacts(audio, { session_id: id }), audio)).status).toBe(422);
  }
  for (const path of [
    '/v1/segments/../../../etc/passwd/audio',
    '/v1/segments/..%2f..%2f..%2fetc%2fpasswd/audio',
    '/v1/segments/%2e%2e/audio',
    `/v1/segments/${randomUUID()}%00.wav/audio`,
    '/v1/sessions/../../../../etc/passwd',
    '/v1/sessions/%5c..%5c..',
    '//etc/passwd',
    '/v1//segments',
  ])
    expect(await raw(path), path).toBe(404);
  expect(await raw('/v1/sessions/%ZZ')).toBe(404);
  expect(await readdir(it.data)).toEqual(before);
});

test('[SRV-49] a body that does not go on is cut off, and others are served meanwhile', async () => {
  // Long enough for what is sent in one go, also on a machine that stands still now and then.
  await using here = await startServerUnderTest({ bodyMs: 2000 });
  const slow = await Promise.all(Array.from({ length: 20 }, () => slowBody(here.server.url)));
  const audio = wavFile();
  // A machine that stands still for as long as the limit makes any body a slow one: it is sent again.
  const served = await waitFor(async () => {
    const answer = await here.postSegment(segmentFacts(audio), audio).catch((thrown: unknown) => thrown);
    return answer instanceof TypeError || (answer as Answer).status === 408 ? undefined : (answer as Answer).status;
  });
  expect(served).toBe(201);
  const answers = await Promise.all(slow.map(untilClosed));
  for (const text of answers) expect(text).toMatch(/^(HTTP\/1\.1 408 |$)/);
  expect((await here.get('/healthz')).status).toBe(200);
});

test('[SRV-48] every answer, refusals too, tells a browser to treat it as nothing but data, over TLS, for this page only', async () => {
  for (const path of ['/healthz', '/v1/config', '/v1/nowhere', '/v1/sessions/x', '/openapi.json']) {
    const { headers } = await it.request(path);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'/);
    expect(headers.get('content-security-policy')).toMatch(/frame-ancestors 'none'/);
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('strict-transport-security')).toMatch(/^max-age=\d{8}/);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(headers.get('x-powered-by')).toBeNull();
  }
});

test('[SRV-48] a header that says where a request came from is believed by nobody', async () => {
  const { headers } = await it.request('/v1/config', {
    headers: { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'for=1.2.3.4;host=evil' },
  });
  expect(JSON.stringify([...headers])).not.toContain('evil');
});

async function everyRowHasItsFile(): Promise<void> {
  const rows = await it.rows<{ audio_url: string; sha256: string; byte_size: number }>(
    'SELECT audio_url, sha256, byte_size::float8 AS byte_size FROM session_audio_segments',
  );
  for (const { audio_url: path, sha256, byte_size: byteSize } of rows) {
    if (byteSize === 0) continue;
    const bytes = existsSync(join(it.data, path)) ? await readFile(join(it.data, path)) : Buffer.alloc(0);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
  }
  expect(await readdir(join(it.data, 'incoming'))).toEqual([]);
}

/** Exactly this path, which `fetch` would tidy up. */
async function raw(path: string): Promise<number | undefined> {
  const asked = request(it.server.url, { path, headers: { authorization: `Bearer ${TOKEN}` } }).end();
  const [response] = (await once(asked, 'response')) as [{ statusCode?: number; resume(): void }];
  response.resume();
  return response.statusCode;
}

/** A request whose body stops after its first bytes. */
async function slowBody(url: string, length = 5000): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  // It may be cut off at any time from now on.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(
    `POST /v1/segments HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${TOKEN}\r\n` +
      `Content-Type: multipart/form-data; boundary=x\r\nContent-Length: ${length}\r\nExpect: 100-continue\r\n\r\n`,
  );
  // The server has begun with the request.
  await once(socket, 'data');
  socket.write('--x\r\n');
  return socket;
}

async function untilClosed(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (piece: Buffer) => (text += piece.toString('latin1')));
  if (!socket.closed) await once(socket, 'close');
  return text;
}
