import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { correlate } from './correlate.ts';
import { fitPath, residual } from './least-squares.ts';

const noise = (seed: number, length: number): Float32Array => {
  let state = seed >>> 0;
  let last = 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (last = 0.7 * last + 0.3 * (state / 2 ** 31 - 1));
  });
};

const energy = (samples: Float32Array): number => samples.reduce((sum, sample) => sum + sample * sample, 0);

test('[ECHO-16] what a fit says that it explains is what is missing when its residual is computed sample by sample', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 8, max: 96 }), (seed, taps) => {
      const [lead, count, delay] = [200, 700, 60];
      const reference = noise(seed, lead + count);
      const own = noise(seed + 1000, count);
      const mic = own.map((sample, n) => sample + 0.3 * (reference[lead - 75 + n] as number));
      const path = fitPath({ mic, reference, lead }, delay, taps);
      if (!path) throw new Error('Nothing was fitted.');
      const rest = energy(residual({ mic, reference, lead }, path));
      expect((energy(mic) - path.explained) / rest).toBeCloseTo(1, 3);
      // No other filter of that length does better: least squares, but for the ridge.
      const [first = 0] = path.taps;
      const other = { ...path, taps: path.taps.with(0, first + 0.02) };
      expect(energy(residual({ mic, reference, lead }, other))).toBeGreaterThan(rest);
    }),
    { numRuns: 25 },
  );
});

test('[ECHO-16] what is summed for several lags at once is what each lag gives alone', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 0, max: 30 }),
      fc.integer({ min: 0, max: 9 }),
      (length, count, spare) => {
        const a = noise(length, length);
        const b = noise(count + 7, count + spare + length);
        const from = Math.max(0, count - 1);
        const sums = correlate(a, b, from, count);
        const alone = Array.from({ length: count }, (_, lag) =>
          a.reduce((sum, sample, n) => sum + sample * (b[from - lag + n] as number), 0),
        );
        expect(sums).toHaveLength(count);
        alone.forEach((sum, lag) => expect(sums[lag]).toBeCloseTo(sum, 4));
      },
    ),
  );
});
