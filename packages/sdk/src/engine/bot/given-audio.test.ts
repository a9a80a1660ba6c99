import { expect, test } from 'vitest';
import { GivenAudio } from './given-audio.ts';

const count = (from: number, to: number): Float32Array => Float32Array.from({ length: to - from }, (_, n) => from + n);

test('[HEAR-25] what was put out for certain is let go, and never a frame that was not', () => {
  const given = new GivenAudio(1000);
  for (let at = 0; at < 600; at += 100) given.add(count(at, at + 100));
  given.sounds(5000);
  given.advanced(5350);
  // It ran dry after 600 frames, stood still for 400, and came back somewhere within the block before 6100.
  given.ranDry(5600);
  given.advanced(6000);
  given.add(count(600, 900));
  given.sounds(6100);
  given.advanced(6150);
  expect(given.rest(670)).toEqual({ from: 670, samples: count(670, 900) });
});

test('[HEAR-25] what was let go makes room for what comes', () => {
  const given = new GivenAudio(250);
  given.add(count(0, 200));
  given.sounds(0);
  given.advanced(200);
  given.add(count(200, 400));
  expect(given.rest(200)).toEqual({ from: 200, samples: count(200, 400) });
});

test('[HEAR-25] no more than the bound is held, and what lies behind it is not taken for what comes next', () => {
  const given = new GivenAudio(250);
  given.add(count(0, 200));
  given.add(count(200, 400));
  given.sounds(0);
  given.advanced(200);
  given.add(count(400, 500));
  expect(given.rest(220)).toEqual({ from: 220, samples: count(220, 250) });
});
