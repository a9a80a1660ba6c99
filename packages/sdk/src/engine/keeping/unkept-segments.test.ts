import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type ErrorFacts, TurntapeError } from '../../core/errors.ts';
import type { SegmentWire } from '../../core/wire.ts';
import { UnkeptSegments } from './unkept-segments.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A disk that is full as long as it is told to be, and what came of each turn. */
function scripted() {
  const disk = { full: true, asked: 0 };
  const kept: string[] = [];
  const errors: ErrorFacts[] = [];
  const unkept = new UnkeptSegments({
    keep: async () => {
      disk.asked += 1;
      if (disk.full) throw new TurntapeError('storage_full', 'not a byte');
    },
    onKept: ({ turn_id }) => kept.push(turn_id),
    onError: (error) => errors.push(error),
  });
  const finish = (turnId: string): Promise<void> =>
    unkept.keep({ segment: { turn_id: turnId } as SegmentWire, audio: new ArrayBuffer(9), peaks: undefined });
  return { disk, kept, errors, unkept, finish };
}

test('[QUOTA-11] what waits for room is kept when there is some, though nobody says anything more', async () => {
  const { disk, kept, errors, unkept, finish } = scripted();
  await finish('one');
  await finish('two');
  expect(errors.map(({ code, retryable }) => [code, retryable])).toEqual([
    ['storage_full', true],
    ['storage_full', true],
  ]);
  await vi.advanceTimersByTimeAsync(5000);
  expect([kept, unkept.count]).toEqual([[], 2]);
  // Asked now and then, of one: not in every moment, and not of each.
  expect(disk.asked).toBeLessThanOrEqual(2 + 5);
  disk.full = false;
  await vi.advanceTimersByTimeAsync(1000);
  expect([kept, unkept.count]).toEqual([['one', 'two'], 0]);
  await unkept.settle();
  expect(vi.getTimerCount()).toBe(0);
});

test('[QUOTA-11] a session that ends without room asks once more, and then nothing is asked any more', async () => {
  const { disk, unkept, finish } = scripted();
  await finish('one');
  await expect(unkept.settle()).rejects.toMatchObject({ code: 'storage_full' });
  expect(vi.getTimerCount()).toBe(0);
  expect(disk.asked).toBe(2);
});
