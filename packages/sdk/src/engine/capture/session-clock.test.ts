import { expect, test } from 'vitest';
import { SessionClock } from './session-clock.ts';

const block = (startFrame: number, wallMs: number, clockId = 1, clockRate = 48_000) => ({
  clockId,
  clockRate,
  startFrame,
  frames: 512,
  wallMs,
});

test('[TIME-7] a session frame is a place on the capture clock and back', () => {
  const clock = new SessionClock(48_000);
  expect(clock.place(block(1024, 1_000_000)).from).toBe(0);
  expect(clock.toCapture(480)).toMatchObject({ frame: 1504, epoch: { epoch: 0 } });
  expect(clock.toWallMs(48_000)).toBe(1_001_000);
});

test('[TIME-7] of a session that heard nothing yet every place is the first, and every time is now', () => {
  const clock = new SessionClock(48_000);
  expect(clock.toPlace(4800)).toEqual({ epoch: 0, frame: 0 });
  const before = Date.now();
  expect(clock.toWallMs(4800)).toBeGreaterThanOrEqual(before);
  clock.place(block(1024, 1_000_000));
  expect(clock.toPlace(480)).toEqual({ epoch: 0, frame: 1504 });
});

test('[TIME-8] after a suspension frames lie where the wall clock says, and belong to the new epoch', () => {
  const clock = new SessionClock(48_000);
  clock.place(block(0, 10_000));
  const { from, gap, epoch } = clock.place(block(512, 12_000));
  expect(epoch.epoch).toBe(1);
  expect(from).toBe(2 * 48_000);
  expect(gap).toEqual({ from: 512, to: 96_000, cause: 'context_suspended' });
  expect(clock.toCapture(96_000)).toMatchObject({ frame: 512, epoch: { epoch: 1 } });
  expect(clock.toCapture(500)).toMatchObject({ frame: 500, epoch: { epoch: 0 } });
  expect(clock.toWallMs(96_000 + 48)).toBeCloseTo(12_001, 6);
});

test('[TIME-9] a context rebuilt at 44.1 kHz counts on at the rate of the first', () => {
  const clock = new SessionClock(48_000);
  clock.place(block(0, 10_000));
  expect(clock.place(block(0, 11_000, 2, 44_100)).from).toBe(48_000);
  expect(clock.place(block(44_100, 12_000, 2, 44_100)).from).toBe(96_000);
  expect(clock.toCapture(96_000)).toMatchObject({ frame: 44_100, epoch: { epoch: 1 } });
});
