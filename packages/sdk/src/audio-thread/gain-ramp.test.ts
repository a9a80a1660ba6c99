import { expect, test } from 'vitest';
import { GainRamp } from './gain-ramp.ts';

const written = (ramp: GainRamp, frames: number): number[] => {
  const gains = new Float32Array(frames);
  ramp.write(gains, 0, frames);
  return [...gains];
};

test('[PLAY-1] a gain moves frame by frame, least at its ends, and its last frame is exact', () => {
  const ramp = new GainRamp(1);
  ramp.rampTo(0.25, 4);
  expect(written(ramp, 6)).toEqual([0.882_812_5, 0.625, 0.367_187_5, 0.25, 0.25, 0.25]);
  expect(ramp.value).toBe(0.25);
});

test('[PLAY-1] a ramp across quanta is the same as in one', () => {
  const [split, whole] = [new GainRamp(1), new GainRamp(1)];
  split.rampTo(0, 10);
  whole.rampTo(0, 10);
  expect([...written(split, 4), ...written(split, 4), ...written(split, 4)]).toEqual(written(whole, 12));
});

test('[PLAY-1] a new ramp begins where the old one is', () => {
  const ramp = new GainRamp(1);
  ramp.rampTo(0, 4);
  written(ramp, 2);
  ramp.rampTo(1, 2);
  // Halfway to silence, and half the way back.
  expect(written(ramp, 3)).toEqual([0.75, 1, 1]);
  expect(ramp.isUnity).toBe(true);
});

test('[PLAY-1] time passes for a ramp that nobody hears', () => {
  const ramp = new GainRamp(1);
  ramp.rampTo(0, 4);
  ramp.skip(2);
  expect(ramp.value).toBe(0.5);
  ramp.skip(100);
  expect([ramp.value, ramp.isUnity]).toEqual([0, false]);
});

test('[PLAY-1] a ramp of no frames is a jump, and a jump ends a ramp', () => {
  const ramp = new GainRamp(1);
  ramp.rampTo(0.5, 0);
  expect(ramp.value).toBe(0.5);
  ramp.rampTo(0, 100);
  ramp.jump(1);
  expect(ramp.isUnity).toBe(true);
});
