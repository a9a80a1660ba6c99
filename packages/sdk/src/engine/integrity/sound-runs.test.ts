import { expect, test } from 'vitest';
import { SoundRuns } from './sound-runs.ts';

const RATE = 48_000;
const MS = RATE / 1000;

/** A tone of this level, in dBFS RMS. */
function tone(ms: number, db: number): Float32Array {
  const amplitude = Math.SQRT2 * 10 ** (db / 20);
  return Float32Array.from(
    { length: ms * MS },
    (_, frame) => amplitude * Math.sin((2 * Math.PI * 1000 * frame) / RATE),
  );
}

/** Pieces one behind the other, each given in blocks that fit no window. */
function heard(...pieces: readonly Float32Array[]): SoundRuns {
  const runs = new SoundRuns(RATE);
  let at = 0;
  for (const piece of pieces)
    for (let from = 0; from < piece.length; from += 384) {
      const block = piece.subarray(from, from + 384);
      runs.add(at, block);
      at += block.length;
    }
  return runs;
}

const ms = ({ from, to }: { from: number; to: number }): [number, number] => [from / MS, to / MS];

test('[INTEG-2] what lies above −60 dBFS sounds, and the noise of an empty line does not', () => {
  const all = { from: 0, to: 2000 * MS };
  expect(heard(tone(2000, -59)).soundingFrames(all)).toBe(2000 * MS);
  expect(heard(tone(2000, -61)).soundingFrames(all)).toBe(0);
  expect(heard(tone(2000, -200)).longestSilence(all)).toEqual(all);
  expect(heard(tone(2000, -22)).longestSilence(all)).toMatchObject({ from: all.from, to: all.from });
});

test('[INTEG-2] sound is counted without its pauses, and the longest silence is found to a window', () => {
  const runs = heard(tone(1000, -30), tone(200, -90), tone(1000, -30), tone(3000, -90), tone(500, -30));
  const all = { from: 0, to: 5700 * MS };
  expect(runs.soundingFrames(all) / MS).toBe(2500);
  expect(ms(runs.longestSilence(all))).toEqual([2200, 5200]);
  expect(runs.soundingFrames({ from: 2200 * MS, to: 5200 * MS })).toBe(0);
  expect(runs.end / MS).toBe(5700);
  // What is silent on purpose, or known to be missing, is no silence: it parts what lies around it.
  const excused = [{ from: 2500 * MS, to: 4000 * MS }];
  expect(ms(runs.longestSilence(all, excused))).toEqual([4000, 5200]);
  expect(ms(runs.longestSilence(all, [{ from: 0, to: Infinity }]))).toEqual([0, 0]);
});
