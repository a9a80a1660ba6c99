import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { TurntapeError } from '../../core/errors.ts';
import { Backlog, ChunkQueue, type QueuedChunk } from './chunk-queue.ts';

/** A disk that is full now and then, and the chunks of one WAV file on their way to it. */

const SAMPLES = 100;
/** Twenty chunks. */
const LIMIT_BYTES = 20 * SAMPLES * 2;

function fullableDisk() {
  const written: QueuedChunk[] = [];
  const refusals: string[] = [];
  const holes: { from: number; to: number }[] = [];
  const backlog = new Backlog(LIMIT_BYTES);
  const batches: number[] = [];
  let gate: Promise<void> | undefined;
  let isFull = false;
  let taken = 0;
  const queue = new ChunkQueue({
    format: 'wav',
    backlog,
    write: async (chunks) => {
      batches.push(chunks.length);
      await gate;
      if (isFull) throw new TurntapeError('storage_full', 'no room');
      written.push(...chunks.map((chunk) => ({ ...chunk })));
    },
    onRefused: ({ code }) => refusals.push(code),
    onTaken: () => (taken += 1),
    onHole: (hole, isOver) => {
      if (isOver) holes.push(hole);
    },
  });
  let index = 0;
  return {
    queue,
    backlog,
    written,
    refusals,
    holes,
    taken: () => taken,
    batches,
    /** Nothing that is begun from now on ends before the returned function is called. */
    stall: (): (() => void) => {
      let go: (() => void) | undefined;
      gate = new Promise((resolve) => (go = resolve));
      return () => {
        gate = undefined;
        go?.();
      };
    },
    full: (full: boolean) => (isFull = full),
    append: async (chunks: number): Promise<void> => {
      for (let each = 0; each < chunks; each += 1) {
        const bytes = new Int16Array(SAMPLES).fill(1 + (index % 1000)).buffer;
        const start = index * SAMPLES;
        queue.push({ index, start, end: start + SAMPLES, bytes, samples: undefined });
        index += 1;
        await queue.drain();
      }
    },
  };
}

const bytesOf = (index: number): ArrayBuffer => new Int16Array(SAMPLES).fill(1 + (index % 1000)).buffer;
const valueOf = ({ bytes }: QueuedChunk): number => new Int16Array(bytes)[0] ?? -1;

test('[QUOTA-2] what the disk refuses waits in memory, and is written in its place when there is room', async () => {
  const disk = fullableDisk();
  await disk.append(3);
  disk.full(true);
  await disk.append(5);
  expect(disk.written).toHaveLength(3);
  expect(disk.refusals).toEqual(['storage_full']);
  disk.full(false);
  await disk.append(9);
  expect(disk.written.map(({ index }) => index)).toEqual(Array.from({ length: 17 }, (_, at) => at));
  expect(disk.written.map(valueOf)).toEqual(Array.from({ length: 17 }, (_, at) => at + 1));
  expect({ holes: disk.holes, bytes: disk.backlog.bytes, taken: disk.taken() }).toEqual({
    holes: [],
    bytes: 0,
    taken: 1,
  });
});

test('[STORE-32] what comes while the disk is busy goes with its next transaction, in order; after a refusal one at a time', async () => {
  const disk = fullableDisk();
  const release = disk.stall();
  // As the segment's own chunks wait: each behind all before it.
  const appended = disk.append(1).then(() => disk.queue.drain());
  for (let index = 1; index <= 25; index += 1)
    disk.queue.push({
      index,
      start: index * SAMPLES,
      end: (index + 1) * SAMPLES,
      bytes: bytesOf(index),
      samples: undefined,
    });
  release();
  await appended;
  expect(disk.batches).toEqual([1, 20, 5]);
  expect(disk.written.map(({ index }) => index)).toEqual(Array.from({ length: 26 }, (_, at) => at));
  disk.full(true);
  for (let index = 26; index < 30; index += 1)
    disk.queue.push({
      index,
      start: index * SAMPLES,
      end: (index + 1) * SAMPLES,
      bytes: bytesOf(index),
      samples: undefined,
    });
  await disk.queue.drain();
  disk.full(false);
  await disk.queue.drain(true);
  expect(disk.batches).toEqual([1, 20, 5, 4, 1, 1, 1, 1]);
  expect(disk.written.map(({ index }) => index)).toEqual(Array.from({ length: 30 }, (_, at) => at));
  expect(disk.backlog.bytes).toBe(0);
});

test('[QUOTA-3] beyond the memory the oldest is silence of its length, told as one hole when it is over', async () => {
  const disk = fullableDisk();
  await disk.append(2);
  disk.full(true);
  await disk.append(40);
  expect(disk.backlog.bytes).toBeLessThanOrEqual(LIMIT_BYTES);
  disk.full(false);
  await disk.queue.drain(true);
  expect(disk.written.map(({ index }) => index)).toEqual(Array.from({ length: 42 }, (_, at) => at));
  // Two before, then the hole, then the newest twenty.
  expect(disk.holes).toEqual([{ from: 2 * SAMPLES, to: 22 * SAMPLES }]);
  expect(disk.written.filter((chunk) => valueOf(chunk) === 0).map(({ index }) => index)).toEqual(
    Array.from({ length: 20 }, (_, at) => at + 2),
  );
  // One buffer serves all that is silent.
  expect(disk.backlog.bytes).toBe(0);
});

test('[QUOTA-4] whenever the disk is full, and however often: the file is written in order, without a hole that is not told', async () => {
  const step = fc.oneof(
    fc.record({ type: fc.constant('append' as const), chunks: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ type: fc.constant('full' as const), full: fc.boolean() }),
    fc.record({ type: fc.constant('drain' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const disk = fullableDisk();
      for (const each of steps) {
        if (each.type === 'append') await disk.append(each.chunks);
        if (each.type === 'full') disk.full(each.full);
        if (each.type === 'drain') await disk.queue.drain(true);
        // What is on the disk is the beginning of the file at any moment.
        expect(disk.written.every(({ index }, at) => index === at)).toBe(true);
        const waits = disk.queue.waiting.filter(({ isHole }) => !isHole);
        expect(disk.backlog.bytes).toBe(waits.length * SAMPLES * 2);
        expect(disk.backlog.bytes).toBeLessThanOrEqual(LIMIT_BYTES);
      }
      disk.full(false);
      await disk.queue.drain(true);
      const told = (at: number): boolean =>
        disk.holes.some(({ from, to }) => from <= at * SAMPLES && (at + 1) * SAMPLES <= to);
      for (const [at, chunk] of disk.written.entries()) expect(valueOf(chunk)).toBe(told(at) ? 0 : 1 + (at % 1000));
      expect(disk.queue.waiting).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
