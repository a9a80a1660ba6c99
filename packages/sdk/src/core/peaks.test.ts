import { expect, test } from 'vitest';
import { PeakMeter, peaksOf, unpackPeaks } from './peaks.ts';

const ramp = (length: number): Float32Array => Float32Array.from({ length }, (_, index) => (index % 200) / 200 - 0.5);

/** Another swing in every stretch, that rises and falls: the largest of several is seldom the last, or the first. */
const swell = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, index) => Math.sin(index * index) * Math.abs(Math.sin(index / 9000)));

test('[PEAKS-1] each stretch has the lowest and the highest sample of its 10 ms, at any rate', () => {
  for (const sampleRate of [8000, 11_025, 44_100, 48_000]) {
    const samples = ramp(sampleRate * 2 + 7);
    const [fine] = peaksOf(samples, sampleRate).levels;
    expect(fine?.peaksPerSecond).toBe(100);
    expect(fine?.min).toHaveLength(201);
    for (let index = 0; index < 201; index += 1) {
      const from = Math.ceil((index * sampleRate) / 100);
      const stretch = samples.subarray(from, Math.ceil(((index + 1) * sampleRate) / 100));
      expect(fine?.min[index]).toBe(Math.round(Math.min(0, ...stretch) * 32_767) + 0);
      expect(fine?.max[index]).toBe(Math.round(Math.max(0, ...stretch) * 32_767) + 0);
    }
  }
});

test('[PEAKS-1] a sample belongs to the stretch in which it begins, the first and the last of each, at any rate', () => {
  for (const sampleRate of [8000, 11_025, 22_050, 44_100, 48_000])
    for (const stretch of [0, 1, 2, 37, 99]) {
      const first = Math.ceil((stretch * sampleRate) / 100);
      const next = Math.ceil(((stretch + 1) * sampleRate) / 100);
      for (const [at, expected] of [
        [first, stretch],
        [next - 1, stretch],
        [next, stretch + 1],
      ] as const) {
        const samples = new Float32Array(2 * sampleRate);
        samples[at] = at % 2 === 0 ? 1 : -1;
        const [fine] = peaksOf(samples, sampleRate).levels;
        const loud = Array.from(fine?.max ?? [], (high, index) => high - (fine?.min[index] ?? 0));
        expect(loud.flatMap((swing, index) => (swing > 0 ? [index] : []))).toEqual([expected]);
      }
    }
});

test('[PEAKS-1] it makes no difference in which pieces the audio came', () => {
  const samples = ramp(30_000);
  const meter = new PeakMeter(16_000);
  for (let at = 0, length = 1; at < samples.length; at += length, length = ((length * 7) % 997) + 1)
    meter.write(samples.subarray(at, at + length));
  expect(unpackPeaks(meter.pack())).toEqual(peaksOf(samples, 16_000));
});

test('[PEAKS-1] a file that was trimmed has an outline of its length', () => {
  const meter = new PeakMeter(48_000);
  meter.write(ramp(48_000));
  expect(unpackPeaks(meter.pack(24_000)).levels[0]?.min).toHaveLength(50);
  expect(unpackPeaks(meter.pack(24_001)).levels[0]?.min).toHaveLength(51);
  expect(unpackPeaks(new PeakMeter(48_000).pack()).levels.map(({ min }) => min.length)).toEqual([0, 0, 0]);
});

test('[PEAKS-2] a coarser level never swings less than what it stands for', () => {
  const { levels } = peaksOf(swell(480_000), 48_000);
  expect(levels.map(({ peaksPerSecond, min }) => [peaksPerSecond, min.length])).toEqual([
    [100, 1000],
    [12.5, 125],
    [1.5625, 16],
  ]);
  for (const [index, coarse] of levels.slice(1).entries()) {
    const fine = levels[index]!;
    for (let at = 0; at < coarse.max.length; at += 1) {
      expect(coarse.max[at]).toBe(Math.max(0, ...fine.max.subarray(at * 8, at * 8 + 8)));
      expect(coarse.min[at]).toBe(Math.min(0, ...fine.min.subarray(at * 8, at * 8 + 8)));
    }
  }
});
