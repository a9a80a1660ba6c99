import { expect, test } from 'vitest';
import { EncodeMeter } from './encode-meter.ts';

test('[ENC-19] the meter counts audio, the time that writing it took, and chunks, and says whether it is resampled', () => {
  let now = 0;
  const meter = new EncodeMeter({ inputRate: 44_100, fileRate: 48_000 }, () => now);
  expect(meter.stats).toEqual({
    inputRate: 44_100,
    fileRate: 48_000,
    isResampled: true,
    audioMs: 0,
    busyMs: 0,
    chunks: 0,
  });
  for (const tookMs of [0.25, 0.5]) {
    meter.measure(441, () => (now += tookMs));
    now += 10;
  }
  meter.chunk();
  expect(meter.stats).toMatchObject({ audioMs: 20, busyMs: 0.75, chunks: 1 });
  expect(new EncodeMeter({ inputRate: 48_000, fileRate: 48_000 }).stats.isResampled).toBe(false);
});
