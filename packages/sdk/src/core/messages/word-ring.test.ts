import { Worker } from 'node:worker_threads';
import * as fc from 'fast-check';
import { rolldown } from 'rolldown';
import { expect, test } from 'vitest';
import { WordRing, ringMemory } from './word-ring.ts';

/** A ring whose counts are about to overflow, or anywhere else. */
function ringAt(count: number, words = 16): { ring: WordRing; memory: SharedArrayBuffer } {
  const memory = ringMemory(words);
  const counts = new Int32Array(memory);
  counts[0] = count;
  counts[16] = count;
  return { ring: new WordRing(memory), memory };
}

const ofLength = (from: number, length: number): Uint32Array => Uint32Array.from({ length }, (_, at) => from + at);

test('[RING-1] whatever is written and read in whatever pieces: every word once, in order, also across the overflow of the counts', () => {
  const pieces = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 40 })), { maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), pieces, (count, steps) => {
      const { ring } = ringAt(count);
      let written = 0;
      const read: number[] = [];
      for (const [writes, length] of steps) {
        if (writes) {
          const taken = ring.write(ofLength(written, length), 0);
          // It takes all that it has room for, and never more.
          expect(taken).toBe(Math.min(length, 16 - (written - read.length)));
          written += taken;
        } else {
          const target = new Uint32Array(length);
          const given = ring.read(target, 0);
          expect(given).toBe(Math.min(length, written - read.length));
          read.push(...target.subarray(0, given));
        }
        expect(ring.readable).toBe(written - read.length);
      }
      expect(read).toEqual([...ofLength(0, read.length)]);
    }),
    { numRuns: 500 },
  );
});

test('[RING-1] a full ring takes nothing and overwrites nothing', () => {
  const { ring } = ringAt(0);
  expect(ring.write(ofLength(0, 20), 0)).toBe(16);
  expect(ring.write(ofLength(100, 4), 0)).toBe(0);
  const target = new Uint32Array(16);
  expect(ring.read(target, 0)).toBe(16);
  expect(target).toEqual(ofLength(0, 16));
});

test('[RING-2] between two threads no word is lost, doubled, torn or out of order', async () => {
  const WORDS = 2_000_000;
  const memory = ringMemory(1000);
  const build = await rolldown({ input: new URL('./word-ring.ts', import.meta.url).pathname });
  const { output } = await build.generate({ format: 'cjs' });
  const writer = `${output[0].code}
    const { workerData: { memory, words } } = require('node:worker_threads');
    const ring = new exports.WordRing(memory);
    const piece = new Uint32Array(257);
    let next = 0, seed = 7;
    while (next < words) {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      const length = Math.min(1 + (seed % 256), words - next);
      for (let at = 0; at < length; at += 1) piece[at] = next + at;
      for (let from = 0; from < length; ) from += ring.write(piece.subarray(0, length), from);
      next += length;
      ring.wake();
    }`;
  const worker = new Worker(writer, { eval: true, workerData: { memory, words: WORDS } });
  const failed = new Promise<never>((_, reject) => worker.on('error', reject));
  const ring = new WordRing(memory);
  const target = new Uint32Array(300);
  let next = 0;
  let wrong = 0;
  let slept = 0;
  const reading = (async (): Promise<void> => {
    while (next < WORDS) {
      const count = ring.read(target, 0);
      for (let at = 0; at < count; at += 1) if (target[at] !== next + at) wrong += 1;
      next += count;
      if (count > 0) continue;
      slept += 1;
      await ring.more();
    }
  })();
  await Promise.race([reading, failed]);
  expect(wrong).toBe(0);
  expect(next).toBe(WORDS);
  expect(ring.readable).toBe(0);
  expect(slept).toBeGreaterThan(0);
});

test('[RING-3] the reader sleeps until something is written or it is woken, and never when there is something to read', async () => {
  const { ring, memory } = ringAt(-1);
  const sleeping = ring.more();
  expect(sleeping).toBeInstanceOf(Promise);
  const writer = new WordRing(memory);
  writer.write(ofLength(0, 3), 0);
  writer.wake();
  await sleeping;
  expect(ring.more()).toBeUndefined();
  ring.read(new Uint32Array(3), 0);
  const again = ring.more();
  writer.wake();
  await again;
});
