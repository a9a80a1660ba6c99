import { expect, test } from 'vitest';
import { measureQuality, QUALITY_RATE } from './quality-score.ts';

/** Something like speech: bursts of a buzz that swell and fade, quiet noise beneath, pauses between. */
function speech({ seconds = 4, level = 8000, noise = 10 } = {}): Int16Array {
  let seed = 1;
  const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 1_073_741_823.5 - 1;
  return Int16Array.from({ length: seconds * QUALITY_RATE }, (_, i) => {
    const t = i / QUALITY_RATE;
    const swell = Math.max(0, Math.sin(2 * Math.PI * 1.5 * t));
    const buzz = Math.sin(2 * Math.PI * 140 * t) + 0.5 * Math.sin(2 * Math.PI * 840 * t);
    return clip(level * swell * buzz + noise * random());
  });
}
const clip = (value: number) => Math.max(-32_768, Math.min(32_767, Math.round(value)));
const clean = speech();

test('[SRV-129] a clean file has nothing against it', () => {
  expect(measureQuality(clean)).toMatchObject({ score: 100, clipped: 0, dropouts: 0 });
  expect(measureQuality(clean).snr_db).toBeGreaterThan(40);
});

test('[SRV-129] cut-off peaks are counted by their samples and cost by their share', () => {
  const loud = clean.map((sample) => clip(sample * 6));
  const share = loud.filter((sample) => Math.abs(sample) >= 32_000).length / loud.length;
  const found = measureQuality(loud);
  expect(found.clipped).toBeGreaterThan(share * 0.95);
  expect(found.clipped).toBeLessThanOrEqual(share);
  expect(found.score).toBe(40);
  // One sample of full scale, or two, are a loud sound.
  const peaks = clean.slice();
  for (let at = 0; at < peaks.length; at += 100) peaks[at] = 32_767;
  expect(measureQuality(peaks).clipped).toBe(0);
});

test('[SRV-129] noise costs by how near it comes to the voice', () => {
  const noisy = measureQuality(speech({ noise: 1500 }));
  expect(noisy.snr_db).toBeGreaterThan(10);
  expect(noisy.snr_db).toBeLessThan(25);
  expect(noisy.score).toBeLessThan(90);
  expect(measureQuality(speech({ noise: 4000 })).score).toBeLessThan(noisy.score);
});

test('[SRV-129] sound that breaks off and comes back is a drop-out; a pause that fades is none, nor is silence for long', () => {
  const broken = clean.slice();
  // In the midst of the bursts, 20 ms each.
  for (const second of [0.17, 0.83, 1.5]) broken.fill(0, second * QUALITY_RATE, (second + 0.02) * QUALITY_RATE);
  const found = measureQuality(broken);
  expect(found.dropouts).toBe(3);
  expect(found.score).toBe(40);
  expect(measureQuality(clean, 2).dropouts).toBe(2);
  const paused = clean.slice();
  paused.fill(0, 0.17 * QUALITY_RATE, 1.5 * QUALITY_RATE);
  expect(measureQuality(paused).dropouts).toBe(0);
});

test('[SRV-129] silence for most of the time is worth nothing, and so is nothing', () => {
  const silence = { score: 0, clipped: 0, silent: 1, snr_db: null, dropouts: 0 };
  expect(measureQuality(new Int16Array(QUALITY_RATE))).toEqual(silence);
  expect(measureQuality(new Int16Array())).toEqual(silence);
  const turn = new Int16Array(6 * QUALITY_RATE);
  turn.set(clean);
  // Two thirds of it are silent: a turn with a pause.
  expect(measureQuality(turn).score).toBe(100);
});
