import { expect, test } from 'vitest';
import { LevelMeter } from './levels.ts';

test('[LEVEL-1] a sine of known level is reported to 0.1 dB, peak and RMS', () => {
  const reports: [number, number, number][] = [];
  const meter = new LevelMeter(4800, (rms, peak, to) => reports.push([rms, peak, to]));
  const amplitude = 10 ** (-12 / 20);
  const sine = Float32Array.from({ length: 48_000 }, (_, i) => amplitude * Math.sin((2 * Math.PI * 997 * i) / 48_000));
  for (let at = 0; at < sine.length; at += 512) meter.add(at, sine.subarray(at, at + 512));
  expect(reports).toHaveLength(10);
  for (const [rms, peak] of reports) {
    expect(Math.abs(rms - (-12 - 3.0103))).toBeLessThan(0.1);
    expect(Math.abs(peak - -12)).toBeLessThan(0.1);
  }
  expect(reports.at(-1)?.[2]).toBe(48_000);
});

test('[LEVEL-2] digital silence is -Infinity', () => {
  let level: number | undefined;
  const meter = new LevelMeter(10, (rms) => (level = rms));
  meter.add(0, new Float32Array(10));
  expect(level).toBe(-Infinity);
});
