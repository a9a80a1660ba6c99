import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { BlobStore } from './blob-store.ts';
import { openS3Store } from './s3-store.ts';

/** An object store that takes its time, by a clock that the test moves. */

let server: Server;
let store: BlobStore;
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const keys = { accessKeyId: 'id', secretAccessKey: 'secret' };
  store = openS3Store({ bucket: 'b', prefix: '', endpoint, region: 'eu', ...keys });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(async () => {
  vi.useRealTimers();
  server.closeAllConnections();
  await new Promise((settle) => server.close(settle));
});

const MIB = 2 ** 20;

async function listed(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list('a/')) keys.push(key);
  return keys;
}

test('[SRV-141] who reads a stored file slowly gets all of it, however long it takes', async () => {
  const file = Buffer.alloc(MIB, 'sound');
  answer = (_request, response) => response.end(file);
  const stream = store.read('a');
  const read: Buffer[] = [];
  for (let left = file.length; left > 0;) {
    const ahead = Math.min(stream.readableHighWaterMark, left);
    // What is read ahead is there, and nothing is waited for: a listener who pauses now and then.
    await expect.poll(() => (stream.read(0), stream.readableLength), { interval: 1 }).toBeGreaterThanOrEqual(ahead);
    if (left > ahead) vi.advanceTimersByTime(25_000);
    const piece = stream.read() as Buffer;
    read.push(piece);
    left -= piece.length;
  }
  expect(read.length).toBeGreaterThan(1);
  expect(Buffer.concat(read).equals(file)).toBe(true);
});

test('[SRV-141] a store that stops in the middle of a file, or of a list, is given up after its time', async () => {
  answer = (_request, response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write(Buffer.alloc(500));
  };
  const gone = new Promise<void>((settle) => server.on('connection', (socket) => socket.on('close', () => settle())));
  for (const read of [() => buffer(store.read('a')), listed]) {
    const failed = expect(read()).rejects.toMatchObject({
      name: 'StoreError',
      message: expect.stringContaining('middle'),
    });
    // It waits for the next piece, and for nothing else.
    let isOver = false;
    void failed.finally(() => (isOver = true));
    await expect.poll(() => (vi.advanceTimersByTime(5000), isOver)).toBe(true);
    await failed;
  }
  await gone;
});

test('[SRV-141] a large file has the time that a slow store needs for it; a small one that is not answered has not', async () => {
  let asked = 0;
  answer = (request, response) => {
    asked += 1;
    request.resume();
    request.on('end', () => asked === 1 && held.push(response));
  };
  const held: ServerResponse[] = [];
  const put = store.put([{ key: 'large', bytes: Buffer.alloc(40 * MIB) }]);
  await expect.poll(() => held.length, { timeout: 60_000 }).toBe(1);
  vi.advanceTimersByTime(59_000);
  held[0]?.end();
  await put;
  const small = expect(store.put([{ key: 'small', bytes: Buffer.from('x') }])).rejects.toMatchObject({
    name: 'StoreError',
  });
  await expect.poll(() => asked).toBe(2);
  vi.advanceTimersByTime(21_000);
  await small;
  expect(asked).toBe(2);
});
