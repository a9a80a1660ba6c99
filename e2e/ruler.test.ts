import { expect, test } from 'vitest';
import { RULER_TICKS, alignRuler, decodeRuler, encodeRuler } from './fixtures/ruler.mjs';

test.each([24_000, 44_100, 48_000])('every tick of the ruler is read as its own number at %i Hz', (sampleRate) => {
  const ticks = decodeRuler(encodeRuler({ from: 0, count: RULER_TICKS, sampleRate }), { sampleRate });
  expect(ticks.map((tick) => tick.number)).toEqual(Array.from({ length: RULER_TICKS }, (_, number) => number));
  expect(Math.min(...ticks.map((tick) => tick.purity))).toBeGreaterThan(0.999);
});

test('a ruler whose beginning is not known is found and read', () => {
  const sampleRate = 48_000;
  const ruler = encodeRuler({ from: 300, count: 20, sampleRate });
  const samples = new Int16Array(20_000);
  samples.set(ruler, 7777);
  const at = alignRuler(samples, { sampleRate, near: 7700 });
  expect(Math.abs(at - 7777)).toBeLessThan(5);
  expect(decodeRuler(samples, { sampleRate, start: at, count: 19 })[5]?.number).toBe(305);
});

test('silence is no tick', () => {
  expect(decodeRuler(new Int16Array(960), { sampleRate: 48_000 }).map((tick) => tick.purity)).toEqual([0, 0]);
});
