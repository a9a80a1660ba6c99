import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { PAIRS, measureResampler } from '../../bench/support/resampler-quality.mjs';
import { FOR_DETECTION, LOW_PASSES } from './kaiser-sinc.ts';
import { polyphaseFilter } from './resampler-filter.ts';
import { Resampler } from './resampler.ts';

/** Pairs with no small common divisor take the interpolated prototype. */
const ODD_PAIRS = [
  [44_101, 48_000],
  [48_000, 15_999],
  [47_999, 96_001],
] as const;

const fast = (from: number, to: number): Resampler => new Resampler(from, to, LOW_PASSES.fast);

function resample(from: number, to: number, samples: Float32Array): Float32Array {
  const resampler = new Resampler(from, to);
  return join([resampler.process(samples), resampler.flush()]);
}

function join(blocks: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(blocks.reduce((sum, block) => sum + block.length, 0));
  let offset = 0;
  for (const block of blocks) {
    whole.set(block, offset);
    offset += block.length;
  }
  return whole;
}

/** `toEqual` takes milliseconds for a thousand samples. */
function sameBytes(one: Float32Array, other: Float32Array): boolean {
  return Buffer.from(one.buffer, one.byteOffset, one.byteLength).equals(new Uint8Array(other.buffer));
}

/** Noise that is the same in every run with the same seed. */
function noise(frames: number, seed: number): Float32Array {
  let state = seed | 1;
  return Float32Array.from({ length: frames }, () => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223;
    return state / 2 ** 31;
  });
}

test('[RATE-1] aliases and images lie 80 dB down and the pass band is flat within 0.1 dB, at all pairs of rates', () => {
  const rows = [...PAIRS, ...ODD_PAIRS].map(([from, to]) =>
    measureResampler((...rates) => new Resampler(...rates), from, to),
  );
  const table = rows
    .map(
      (row) =>
        `${row.from} → ${row.to}: rejection ${row.rejectionDb.toFixed(1)} dB, pass band ±${row.passBandDb.toFixed(4)} dB, ` +
        `phase ${row.phase.toExponential(1)} rad, look-ahead ${row.lookAheadMs.toFixed(2)} ms`,
    )
    .join('\n');
  const failed = rows.filter((row) => row.rejectionDb < 80 || row.passBandDb > 0.1 || row.phase > 1e-3);
  expect(failed, table).toEqual([]);
});

test('[RATE-2] of N input frames come exactly round(N · to / from) output frames', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...PAIRS, ...ODD_PAIRS),
      fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 9_000 })),
      ([from, to], frames) => {
        expect(resample(from, to, new Float32Array(frames))).toHaveLength(Math.round((frames * to) / from));
      },
    ),
    { numRuns: 150 },
  );
});

test('[RATE-3] the output is the same to the bit however the input is cut into blocks', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...PAIRS, ...ODD_PAIRS),
      fc.array(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom(128, 441, 480, 512, 4_097)), { maxLength: 12 }),
      fc.integer(),
      ([from, to], lengths, seed) => {
        const input = noise(
          lengths.reduce((sum, length) => sum + length, 0),
          seed,
        );
        const resampler = new Resampler(from, to);
        let offset = 0;
        const blocks = lengths.map((length) => resampler.process(input.subarray(offset, (offset += length))));
        expect(sameBytes(join([...blocks, resampler.flush()]), resample(from, to, input))).toBe(true);
      },
    ),
    { numRuns: 120 },
  );
});

test('[RATE-3] the output is the same to the bit when another stream of the same rates runs in between', () => {
  for (const [from, to] of [[44_100, 48_000] as const, ...ODD_PAIRS]) {
    const input = noise(4_000, 5);
    const [one, other] = [new Resampler(from, to), new Resampler(from, to)];
    const blocks = [one.process(input.subarray(0, 1_777))];
    other.process(input.subarray(0, 1_234));
    blocks.push(one.process(input.subarray(1_777)), one.flush());
    expect(join(blocks)).toEqual(resample(from, to, input));
  }
});

test('[RATE-4] output frame n is the sound at n / to seconds: a click stays where it was, half a minute later too', () => {
  for (const [from, to] of [
    [44_100, 48_000],
    [44_100, 16_000],
    [22_050, 48_000],
  ] as const) {
    const seconds = 30;
    const input = new Float32Array(from * seconds);
    const clicks = [0, 1, 15, seconds - 1];
    for (const click of clicks) input[click * from] = 1;
    const resampler = new Resampler(from, to);
    const blocks: Float32Array[] = [];
    for (let frame = 0; frame < input.length; frame += 441)
      blocks.push(resampler.process(input.subarray(frame, frame + 441)));
    const output = join([...blocks, resampler.flush()]);
    expect(output).toHaveLength(to * seconds);
    for (const click of clicks) {
      const around = [-1, 0, 1].map((frames) => output[click * to + frames] ?? 0);
      expect(Math.max(...around)).toBe(around[1]);
      // The neighbours are alike on both sides: the click lies on the frame, not beside it.
      if (click > 0) expect(around[0]).toBeCloseTo(around[2] ?? 0, 6);
    }
  }
});

test('[RATE-5] equal rates pass through untouched', () => {
  const resampler = new Resampler(48_000, 48_000);
  const block = noise(512, 1);
  expect(resampler.process(block)).toBe(block);
  expect(resampler.flush()).toHaveLength(0);
  expect(resampler.lookAheadMs).toBe(0);
});

test('[RATE-6] a flushed resampler begins a new stream that knows nothing of the last', () => {
  const resampler = new Resampler(44_100, 16_000);
  resampler.process(noise(5_000, 2));
  resampler.flush();
  const input = noise(3_000, 3);
  expect(join([resampler.process(input), resampler.flush()])).toEqual(resample(44_100, 16_000, input));
});

test('[RATE-7] speech detection at 16 kHz waits less than 1.5 ms for the filter', () => {
  for (const from of [44_100, 48_000, 96_000]) {
    const { lookAheadMs } = new Resampler(from, 16_000, FOR_DETECTION);
    expect(lookAheadMs).toBeLessThan(1.5);
    // And the figure is true: so much input past an output's place, and the output is there.
    const resampler = new Resampler(from, 16_000, FOR_DETECTION);
    const frames = Math.ceil((0.1 + lookAheadMs / 1000) * from) + 1;
    expect(resampler.process(new Float32Array(frames)).length).toBeGreaterThanOrEqual(0.1 * 16_000);
  }
});

test('[RATE-8] a constant stays constant: the gain at 0 Hz is one in every phase', () => {
  for (const [from, to] of [...PAIRS, ...ODD_PAIRS]) {
    const output = resample(from, to, new Float32Array(4_000).fill(0.5));
    const middle = output.subarray(output.length / 4, (output.length * 3) / 4);
    expect(middle.every((sample) => Math.abs(sample - 0.5) < 1e-6)).toBe(true);
  }
});

test('[RATE-9] a rate that is no whole number of hertz, or out of range, is refused by name', () => {
  for (const rate of [0, -1, 44_100.5, NaN, Infinity, 2_999, 768_001]) {
    expect(() => new Resampler(rate, 48_000)).toThrowError(
      expect.objectContaining({ code: 'invalid_argument', field: 'inputRate' }),
    );
    expect(() => new Resampler(48_000, rate)).toThrowError(
      expect.objectContaining({ code: 'invalid_argument', field: 'outputRate' }),
    );
  }
});

test('[RATE-20] after each second or two the filter is where it began, to the bit, at all pairs: an hour cannot drift', () => {
  for (const [from, to] of PAIRS) {
    // Outputs leave in fours: after so many seconds a group begins where one began.
    const period = to % 4 === 0 ? 1 : 2;
    const second = noise(from, 7);
    const resampler = new Resampler(from, to);
    const output = join(Array.from({ length: 2 * period + 1 }, () => resampler.process(second)));
    const margin = Math.ceil((resampler.lookAheadMs / 1000) * to + to / from) + 8;
    const start = to - margin;
    // Rates are whole numbers: what the one period gave, the next gives again, and the 3600th.
    const one = output.slice(start, start + period * to);
    const next = output.slice(start + period * to, start + 2 * period * to);
    const same = next.length === period * to && one.every((sample, n) => sample === next[n]);
    expect({ from, to, same }).toEqual({ from, to, same: true });
  }
});

test('[RSM-1] `fast`: aliases and images lie 58 dB down, and it is flat within 0.1 dB up to 0.8 of the lower Nyquist frequency', () => {
  const { passBandEdge } = LOW_PASSES.fast;
  expect(passBandEdge).toBe(0.8);
  const rows = [...PAIRS, ...ODD_PAIRS].map(([from, to]) => measureResampler(fast, from, to, passBandEdge));
  const table = rows
    .map(
      ({ from, to, rejectionDb, passBandDb }) =>
        `${from} → ${to}: ${rejectionDb.toFixed(1)} dB, ±${passBandDb.toFixed(4)} dB`,
    )
    .join('\n');
  const failed = rows.filter((row) => row.rejectionDb < 58 || row.passBandDb > 0.1 || row.phase > 1e-3);
  expect(failed, table).toEqual([]);
  // What the option's text says of the default is RATE-1, of the same filter.
  expect(LOW_PASSES.best).toMatchObject({ passBandEdge: 0.9 });
});

test('[RSM-2] `fast` looks at less than half as many frames as `best`, at all pairs of rates', () => {
  for (const [from, to] of PAIRS) {
    const [short, long] = [polyphaseFilter(from, to, LOW_PASSES.fast), polyphaseFilter(from, to, LOW_PASSES.best)];
    expect(short.width / long.width, `${from} → ${to}`).toBeLessThan(0.5);
  }
});
