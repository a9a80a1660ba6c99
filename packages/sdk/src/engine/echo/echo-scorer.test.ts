import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { EchoScorer } from './echo-scorer.ts';

const RATE = 48_000;

/** A voice as far as it matters here: noise of a formant's colour, in syllables of another length for each seed. */
function voice(seed: number, length: number): Float32Array {
  let state = seed >>> 0;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  const syllable = RATE * (0.11 + 0.02 * (seed % 5));
  let [one, two] = [0, 0];
  const angle = (2 * Math.PI * (500 + 90 * (seed % 7))) / RATE;
  return Float32Array.from({ length }, (_, n) => {
    const next = 0.004 * random() + 2 * 0.995 * Math.cos(angle) * one - 0.995 ** 2 * two;
    two = one;
    one = next;
    return next * (1 + 0.9 * Math.sin((2 * Math.PI * n) / syllable));
  });
}

/** Both tracks, and a scorer that has heard half a second of the room's noise. */
function room(options: { bot: Float32Array; user?: Float32Array; gainDb?: number; delayMs?: number; noise?: number }) {
  const { bot, user, gainDb, delayMs = 0, noise = 3e-4 } = options;
  const quiet = RATE;
  const botTrack = new Float32Array(quiet + bot.length);
  botTrack.set(bot, quiet);
  const hiss = voice(99, botTrack.length);
  const microphone = hiss.map((sample) => noise * sample);
  const delay = Math.round((delayMs / 1000) * RATE);
  const gain = gainDb === undefined ? 0 : 10 ** (gainDb / 20);
  for (let n = delay + 300; n < microphone.length; n += 1) {
    // A direct way, dulled, and one reflection.
    const direct = (botTrack[n - delay] ?? 0) + 0.5 * (botTrack[n - delay - 3] ?? 0);
    (microphone[n] as number) += gain * (direct + 0.3 * (botTrack[n - delay - 190] ?? 0));
  }
  user?.forEach((sample, n) => ((microphone[quiet + n] as number) += sample));
  const tracks = { user: microphone, bot: botTrack };
  const reads = { count: 0 };
  const scorer = new EchoScorer({
    clockRate: RATE,
    read(speaker, from, to) {
      reads.count += 1;
      const out = new Float32Array(to - from);
      const start = Math.max(0, from);
      out.set(tracks[speaker].subarray(start, Math.max(start, to)), start - from);
      return out;
    },
  });
  for (let at = RATE / 2; at < quiet; at += RATE / 10) scorer.advanced(at);
  return { scorer, reads, at: (ms: number) => quiet + Math.round((ms / 1000) * RATE) };
}

test('[ECHO-1] what is only the playback, late, quieter and filtered, is explained by it, whatever the delay and level', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 20, max: 250 }),
      fc.integer({ min: -30, max: -10 }),
      (seed, delayMs, gainDb) => {
        const { scorer, at } = room({ bot: voice(seed, RATE), gainDb, delayMs });
        const { likelihood, delayMs: found } = scorer.score(at(delayMs + 80 - 128), at(delayMs + 80));
        expect(likelihood).toBeGreaterThan(0.8);
        expect(Math.abs((found ?? 0) - delayMs)).toBeLessThan(5);
      },
    ),
    { numRuns: 12 },
  );
});

test('[ECHO-2] another voice is not explained, whatever the bot says at the same time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 51, max: 99 }), (bot, user) => {
      const { scorer, at } = room({ bot: voice(bot, RATE), user: voice(user, RATE) });
      expect(scorer.score(at(400), at(650)).likelihood).toBeLessThan(0.5);
    }),
    { numRuns: 12 },
  );
});

test('[ECHO-3] the part of a user who talks over the echo is not explained', () => {
  const user = new Float32Array(RATE);
  user.set(voice(61, RATE / 2), RATE / 2);
  const { scorer, at } = room({ bot: voice(3, RATE), user, gainDb: -10, delayMs: 130 });
  expect(scorer.score(at(230), at(486), at(422)).likelihood).toBeGreaterThan(0.9);
  const { likelihood, unexplained } = scorer.score(at(444), at(700), at(636));
  expect(likelihood).toBeLessThan(0.6);
  expect(unexplained).toBeGreaterThan(100);
});

test('[ECHO-4] without playback nothing is an echo', () => {
  const { scorer, at } = room({ bot: new Float32Array(RATE), user: voice(61, RATE) });
  expect(scorer.score(at(0), at(128))).toEqual({ likelihood: 0, unexplained: Infinity, delayMs: undefined });
});

test('[ECHO-5] a path that was found is found again with less to read', () => {
  const { scorer, reads, at } = room({ bot: voice(3, RATE), gainDb: -20, delayMs: 60 });
  scorer.score(at(100), at(356));
  const before = reads.count;
  expect(scorer.score(at(400), at(656), at(592)).likelihood).toBeGreaterThan(0.9);
  expect(reads.count - before).toBe(2);
});
