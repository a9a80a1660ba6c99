import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { echoSums } from './chosen-sums.ts';
import { compiledSums } from './compiled-sums.ts';
import { SOURCE_SHA256 } from './echo-kernel.wasm.ts';
import { APART, type EchoSums, PIECE } from './echo-sums.ts';
import { scriptedSums } from './scripted-sums.ts';

const noise = (seed: number, length: number): Float32Array => {
  let state = seed >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  });
};

const compiled = compiledSums();
if (!compiled) throw new Error('This machine has no WebAssembly with SIMD.');
const kinds: [string, EchoSums][] = [
  ['compiled', compiled],
  ['scripted', scriptedSums],
];

describe.each(kinds)('the sums, %s', (_, sums) => {
  test('[ECHO-16] the likeliest delay is that of the echo, whether it is even or odd, and no two are one', () => {
    const [lead, count] = [400, 500];
    const reference = noise(5, lead + count);
    for (const delay of [0, 1, 2, 37, 120, 319]) {
      const mic = Float32Array.from({ length: count }, (__, n) => reference[lead - delay + n] as number);
      const found = sums.likelyDelays({ mic, reference, lead }, 320, 4);
      expect(found[0]).toBe(delay);
      expect(found).toHaveLength(4);
      for (const [at, one] of found.entries())
        for (const other of found.slice(at + 1)) expect(Math.abs(one - other)).toBeGreaterThan(APART);
    }
  });

  test('[ECHO-16] neighbours of a likely delay, which resemble it, are not taken for others', () => {
    const [lead, count] = [400, 500];
    let slow = 0;
    const reference = noise(5, lead + count).map((sample) => (slow += 0.05 * (sample - slow)));
    const mic = reference.slice(lead - 120, lead - 120 + count);
    const found = sums.likelyDelays({ mic, reference, lead }, 320, 3);
    expect(found[0]).toBe(120);
    for (const other of found.slice(1)) expect(Math.abs(other - 120)).toBeGreaterThan(APART);
  });

  test('[ECHO-16] a silent reference has no likely delays', () => {
    expect(sums.likelyDelays({ mic: noise(1, 50), reference: new Float32Array(90), lead: 40 }, 30, 4)).toEqual([]);
  });

  test('[ECHO-16] a filter weighs every sample that it covers', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 99 }),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 40 }),
        (taps, step, count) => {
          const weights = noise(taps, taps);
          const samples = noise(step + 9, (count - 1) * step + taps);
          const found = sums.filter(samples, weights, step, count);
          const alone = Array.from({ length: count }, (__, at) =>
            weights.reduce((sum, weight, tap) => sum + weight * (samples[at * step + tap] as number), 0),
          );
          expect(found).toHaveLength(count);
          alone.forEach((sum, at) => expect(found[at]).toBeCloseTo(sum, 4));
        },
      ),
    );
  });

  test('[ECHO-16] what is left is the signal less its filter', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 70 }), (taps, count) => {
        const [mic, weights, played] = [noise(3, count), noise(taps, taps), noise(taps + 9, count - 1 + taps)];
        const echo = sums.filter(played, weights, 1, count);
        const left = sums.residual(mic, played, weights);
        expect(left).toHaveLength(count);
        left.forEach((sample, n) => expect(sample).toBeCloseTo((mic[n] as number) - (echo[n] as number), 4));
      }),
    );
  });

  test('[ECHO-16] the power of a signal is its mean square, and that of none is 0', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), (length) => {
        const samples = noise(length, length);
        const mean = samples.reduce((sum, sample) => sum + sample * sample, 0) / length;
        expect(sums.power(samples) / mean).toBeCloseTo(1, 5);
      }),
    );
    expect(sums.power(new Float32Array())).toBe(0);
  });

  test('[ECHO-16] an energy is spread over as many samples as it would fill evenly', () => {
    const even = new Float32Array(10 * PIECE).fill(0.5);
    expect(sums.spread(even)).toBeCloseTo(10 * PIECE, 2);
    expect(sums.spread(even.map((sample, n) => (n < 7 * PIECE ? 0 : sample)))).toBeCloseTo(3 * PIECE, 2);
    // Four times the power in one of two pieces: (4 + 1)² of 4² + 1² pieces.
    const uneven = new Float32Array(2 * PIECE).map((_, n) => (n < PIECE ? 1 : 0.5));
    expect(sums.spread(uneven)).toBeCloseTo((25 / 17) * PIECE, 2);
    // The last piece is not whole, and has a mean of its own.
    expect(sums.spread(new Float32Array(PIECE + 5).fill(0.5))).toBeCloseTo(2 * PIECE, 2);
    expect(sums.spread(new Float32Array(100))).toBe(100);
  });

  test('[ECHO-16] a fit finds the weights that made the signal', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 96 }), fc.integer({ min: 0, max: 40 }), (size, spare) => {
        const start = size + spare;
        const count = 6 * size + 50;
        const reference = noise(size, start + count + 1);
        const made = noise(size + 100, size);
        const mic = Float32Array.from({ length: count }, (__, n) =>
          made.reduce((sum, weight, i) => sum + weight * (reference[start + n - i] as number), 0),
        );
        const found = sums.fit(mic, reference, start, size);
        const energy = mic.reduce((sum, sample) => sum + sample * sample, 0);
        expect(found?.weights).toHaveLength(size);
        made.forEach((weight, i) => expect(found?.weights[i]).toBeCloseTo(weight, 1));
        expect((found?.explained ?? 0) / energy).toBeCloseTo(1, 4);
      }),
      { numRuns: 30 },
    );
  });

  test('[ECHO-16] what is silent explains nothing', () => {
    expect(sums.fit(noise(1, 50), new Float32Array(100), 20, 8)).toBeUndefined();
  });
});

test('[ECHO-17] the compiled sums are those of the source that stands beside them', () => {
  const source = readFileSync(new URL('../../../echo-kernel/echo-kernel.as', import.meta.url));
  expect(SOURCE_SHA256, 'run `node echo-kernel/build.mjs`').toBe(createHash('sha256').update(source).digest('hex'));
});

test('[ECHO-17] the compiled sums are used where they can be', () => {
  expect(echoSums().constructor.name).toBe('CompiledSums');
});

test('[ECHO-16] both kinds of sums fit alike', () => {
  const [reference, mic] = [noise(5, 1200), noise(6, 940)];
  const [one, other] = kinds.map(([, sums]) => sums.fit(mic, reference, 200, 88));
  expect(one?.explained).toBeCloseTo(other?.explained ?? NaN, 2);
  one?.weights.forEach((weight, i) => expect(weight).toBeCloseTo(other?.weights[i] ?? NaN, 4));
});
