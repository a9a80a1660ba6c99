import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BodyBudget, type BodyShare } from './body-budget.ts';
import { receiveBody } from './received-body.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turntape-received-'));
  // Where a file without a name would be seen if it had one.
  vi.stubEnv('TMPDIR', folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const large = randomBytes(700_000);
let held = 0;
const share: BodyShare = {
  take: (bytes) => void (held += bytes),
  give: (bytes) => void (held -= bytes),
  wait: () => undefined,
};
const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function* inPieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.byteLength; at += 60_000) yield await Promise.resolve(bytes.subarray(at, at + 60_000));
}

test('[SRV-101] a small file waits in memory, a large one on the disk, and both are hashed on their way', async () => {
  const small = large.subarray(0, 100_000);
  for (const place of [folder, undefined]) {
    held = 0;
    await using one = (await receiveBody(inPieces(small), { folder: place, maxBytes: 1e6, share })) as Exclude<
      Awaited<ReturnType<typeof receiveBody>>,
      string
    >;
    expect([one.byteSize, one.sha256, held]).toEqual([100_000, hash(small), 100_000]);
    expect(await readdir(folder)).toEqual([]);
    held = 0;
    const body = await receiveBody(inPieces(large), { folder: place, maxBytes: 1e6, share });
    if (body === 'too large') throw new Error(body);
    expect([body.byteSize, body.sha256, body.bytes, held]).toEqual([700_000, hash(large), undefined, 0]);
    expect(Buffer.from(body.head).equals(large.subarray(0, 512))).toBe(true);
    expect(await readdir(folder)).toHaveLength(place === undefined ? 0 : 1);
    // As often as it is asked for: a store that answered 503 is asked again.
    for (let twice = 0; twice < 2; twice++)
      expect(hash(Buffer.concat((await body.read().toArray()) as Buffer[]))).toBe(hash(large));
    await body[Symbol.asyncDispose]();
    expect(await readdir(folder)).toEqual([]);
  }
});

test('[SRV-101] what a store has moved to its place was on the disk before, and stays there', async () => {
  const body = await receiveBody(inPieces(large), { folder, maxBytes: 1e6, share });
  if (body === 'too large') throw new Error(body);
  await using any = await open(folder, 'r');
  const sync = vi.spyOn(Object.getPrototypeOf(any) as typeof any, 'sync');
  const path = await body.settle();
  expect(sync).toHaveBeenCalledTimes(1);
  sync.mockRestore();
  await rename(path ?? '', join(folder, 'stored'));
  await body[Symbol.asyncDispose]();
  expect(hash(await readFile(join(folder, 'stored')))).toBe(hash(large));
});

test('[SRV-101] nothing is left of a file that is too large, or whose line breaks', async () => {
  expect(await receiveBody(inPieces(large), { folder, maxBytes: 650_000, share })).toBe('too large');
  async function* broken(): AsyncGenerator<Buffer> {
    yield* inPieces(large);
    throw new Error('the line broke');
  }
  await expect(receiveBody(broken(), { folder, maxBytes: 1e6, share })).rejects.toThrow('the line broke');
  expect(await readdir(folder)).toEqual([]);
});

test('[SRV-6] bodies that together would fill the memory are turned away with a time to come back; one alone never is', async () => {
  const budget = new BodyBudget(1000);
  await budget.share(async (one) => {
    one.take(5000);
    one.give(4500);
    await expect(budget.share((other) => Promise.resolve(other.take(600)))).rejects.toMatchObject({
      code: 'unavailable',
      retryAfterMs: 1000,
    });
    await budget.share((other) => Promise.resolve(other.take(400)));
  });
  await budget.share((alone) => Promise.resolve(alone.take(9000)));
});

test('[SRV-126] what waits to be stored is bounded; who is refused is told when to come again, and a place is free again', async () => {
  const budget = new BodyBudget(1000, 2);
  const store = new AbortController();
  const stored = once(store.signal, 'abort');
  const waits = () =>
    budget.share(async (one) => {
      one.wait();
      await stored;
    });
  const refused = { status: 503, code: 'unavailable', retryAfterMs: 1000 };
  const read = vi.fn<() => Promise<void>>();
  const both: Promise<void>[] = [];
  await budget.share(async (one) => {
    one.take(10);
    // Two have come whole while this one still sent: they hold the places.
    both.push(waits(), waits());
    expect(() => one.wait()).toThrow(expect.objectContaining(refused) as Error);
    await expect(budget.share(read)).rejects.toMatchObject(refused);
    expect(read).not.toHaveBeenCalled();
  });
  store.abort();
  await Promise.all(both);
  await Promise.all([waits(), waits()]);
});
