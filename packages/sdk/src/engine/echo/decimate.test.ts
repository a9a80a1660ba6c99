import { expect, test } from 'vitest';
import { Decimator } from './decimate.ts';

test('[ECHO-16] a click comes out where it was, and what never changes comes out a tenth as strong', () => {
  for (const clockRate of [44_100, 48_000, 8000]) {
    const decimator = new Decimator(clockRate);
    const count = 40;
    const { before, frames } = decimator.span(count);
    const click = new Float32Array(frames);
    click[before + 25 * decimator.factor] = 1;
    const heard = decimator.take(click, count);
    expect(heard).toHaveLength(count);
    expect(heard.indexOf(Math.max(...heard))).toBe(25);
    for (const sample of decimator.take(new Float32Array(frames).fill(1), count)) expect(sample).toBeCloseTo(0.1, 4);
  }
});
