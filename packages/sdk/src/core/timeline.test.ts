import { expect, test } from 'vitest';
import { Timeline } from './timeline.ts';

const RATE = 48_000;
const block = (startFrame: number, wallMs: number, clockId = 1, clockRate = RATE) => ({
  clockId,
  clockRate,
  startFrame,
  frames: 512,
  wallMs,
});

test('[TIME-1] the first block opens epoch 0 at session time 0', () => {
  const timeline = new Timeline();
  const { epoch, gap } = timeline.place(block(10_240, 1_000_000));
  expect(epoch.epoch).toBe(0);
  expect(timeline.toSessionMs(epoch, 10_240)).toBe(0);
  expect(timeline.toWallMs(epoch, 10_240 + RATE)).toBe(1_001_000);
  expect(gap).toBeUndefined();
});

test('[TIME-2] late messages move nothing: positions come from frames', () => {
  const timeline = new Timeline();
  timeline.place(block(0, 1000));
  const { epoch } = timeline.place(block(512, 1000 + 10.7 + 150));
  expect(epoch.epoch).toBe(0);
  expect(timeline.toSessionMs(epoch, 48_000)).toBe(1000);
});

test('[TIME-3] a context that stood still opens an epoch, with a gap as long as the wall clock says', () => {
  const timeline = new Timeline();
  timeline.place(block(0, 10_000));
  const frozenMs = 3_000;
  const { epoch, gap } = timeline.place(block(512, 10_000 + (512 / RATE) * 1000 + frozenMs));
  expect(epoch.epoch).toBe(1);
  expect(gap?.cause).toBe('context_suspended');
  expect(gap!.endMs - gap!.startMs).toBeCloseTo(frozenMs, 0);
  // What follows lies where the wall clock says, and the wall time of later frames is right.
  expect(timeline.toSessionMs(epoch, 512 + RATE)).toBeCloseTo((512 / RATE) * 1000 + frozenMs + 1000, 0);
  expect(timeline.toWallMs(epoch, 512 + RATE)).toBeCloseTo(10_000 + (512 / RATE) * 1000 + frozenMs + 1000, 6);
});

test('[TIME-4] a rebuilt context with another rate continues the timeline', () => {
  const timeline = new Timeline();
  timeline.place(block(0, 10_000));
  timeline.place(block(512, 10_000 + (512 / RATE) * 1000));
  const { epoch, gap } = timeline.place(block(0, 12_000, 2, 44_100));
  expect(epoch).toMatchObject({ epoch: 1, clockId: 2, clockRate: 44_100 });
  expect(gap?.cause).toBe('context_rebuilt');
  expect(timeline.toSessionMs(epoch, 0)).toBeCloseTo(2000, 0);
});

test('[TIME-5] a block of a slower track from before a break stays in its epoch', () => {
  const timeline = new Timeline();
  timeline.place(block(0, 10_000));
  timeline.place(block(512, 15_000));
  expect(timeline.place(block(0, 10_000)).epoch.epoch).toBe(0);
  expect(timeline.place(block(512, 15_000)).epoch.epoch).toBe(1);
});

test('[TIME-6] the wall anchor settles on the earliest stamp: a stamp can be late, never early', () => {
  const timeline = new Timeline();
  timeline.place(block(0, 10_040));
  const { epoch } = timeline.place(block(512, 10_000 + (512 / RATE) * 1000));
  expect(timeline.toWallMs(timeline.current ?? epoch, 0)).toBeCloseTo(10_000, 6);
});

test('[LOSS-16] a timeline goes on under another engine without a shift', () => {
  const before = new Timeline();
  before.place(block(0, 10_000));
  // An hour later the two clocks have parted by more than a break is long: no break.
  const later = 3600 * RATE;
  const { epoch, gap } = new Timeline(before.epochs).place(block(later, 10_000 + 3_601_500));
  expect(epoch.epoch).toBe(0);
  expect(gap).toBeUndefined();
});

test('[LOSS-16] a context that stood still while no engine heard it is found, and one that was rebuilt', () => {
  const before = new Timeline();
  before.place(block(0, 10_000));
  const still = new Timeline(before.epochs);
  const { epoch, gap } = still.place(block(RATE, 14_000));
  expect(epoch.epoch).toBe(1);
  expect(gap).toMatchObject({ startMs: 1000, endMs: 4000, cause: 'context_suspended' });

  const rebuilt = new Timeline(before.epochs);
  const first = rebuilt.place(block(512, 14_000, 2));
  expect(first.epoch).toMatchObject({ epoch: 1, clockId: 2 });
  expect(rebuilt.toSessionMs(first.epoch, 512)).toBeCloseTo(4000, 3);
});

test('[LOSS-16] what was sent again from before a break lies in its own epoch', () => {
  const before = new Timeline();
  before.place(block(0, 10_000));
  before.place(block(512, 13_000));
  const after = new Timeline(before.epochs);
  expect(after.place(block(0, 10_000)).epoch.epoch).toBe(0);
  const { epoch, gap } = after.place(block(512, 13_000));
  expect([epoch.epoch, gap]).toEqual([1, undefined]);
});

test('[LOSS-17] a wall clock that is set back is written down, moves no frame, and the wall times after it are its own', () => {
  const timeline = new Timeline();
  timeline.place(block(0, 10_000));
  const { epoch, gap } = timeline.place(block(RATE, 11_000 - 5000));
  expect(gap).toEqual({ startMs: 1000, endMs: 1000, cause: 'clock_jump' });
  expect(timeline.toSessionMs(epoch, 2 * RATE)).toBe(2000);
  expect(timeline.toWallMs(epoch, 2 * RATE)).toBe(7000);
  // Once. A stamp that was late and is so no more is none.
  expect(timeline.place(block(2 * RATE, 7150)).gap).toBeUndefined();
  expect(timeline.place(block(3 * RATE, 8000)).gap).toBeUndefined();
  expect(timeline.epochs).toHaveLength(2);
});
