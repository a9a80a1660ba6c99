import { expect, test } from 'vitest';
import { mixDown } from './mix-down.ts';

test('[TAP-1] many channels become their average, and none become silence', () => {
  const mono = Float32Array.of(9, 9);
  mixDown([Float32Array.of(1, -1), Float32Array.of(0, -0.5)], mono);
  expect([...mono]).toEqual([0.5, -0.75]);
  mixDown([Float32Array.of(0.1, 0.2)], mono);
  expect(mono).toEqual(Float32Array.of(0.1, 0.2));
  mixDown([], mono);
  expect([...mono]).toEqual([0, 0]);
});

test('[TAP-1] what is the same in both channels keeps its exact value', () => {
  const samples = Float32Array.from({ length: 8 }, (_, at) => Math.sin(at * 1.7));
  const mono = new Float32Array(8);
  mixDown([samples, samples], mono);
  expect(mono).toEqual(samples);
});
