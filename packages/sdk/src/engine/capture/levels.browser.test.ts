import { expect, test } from 'vitest';
import type { Speaker } from '../../core/turn.ts';
import { freshDatabase } from '../../scripted/fresh-database.ts';
import { named, scriptedConversation } from '../../scripted/session.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';

/** Sines of known level, given as an app gives them, and what the session says of them: through the whole engine. */

let db: TurntapeDatabase;
freshDatabase((opened) => (db = opened));

/** Of its peak, in dBFS. */
const LEVELS_DB = [-3, -20, -40];
/** The RMS of a sine lies so much below its peak. */
const CREST_DB = 20 * Math.log10(Math.SQRT2);
/** Fifteen blocks of the clock, and whole frames of 44.1 kHz. */
const PIECE_MS = 160;
/** Of each level. */
const PIECES = 5;

/** A sine, one level after the other, with a pause after each. */
function* sine(sampleRate: number, hz: number): Generator<Float32Array<ArrayBuffer>> {
  const length = (PIECE_MS / 1000) * sampleRate;
  for (const levelDb of LEVELS_DB)
    for (let piece = 0; piece <= PIECES; piece += 1) {
      const amplitude = piece < PIECES ? 10 ** (levelDb / 20) : 0;
      const at = (n: number): number => amplitude * Math.sin((2 * Math.PI * hz * (piece * length + n)) / sampleRate);
      yield Float32Array.from({ length }, (_, n) => at(n));
    }
}

test.each([
  [44_100, 147],
  [44_100, 9_973],
  [48_000, 147],
  [48_000, 9_973],
])(
  '[LEVEL-3] what bot and user say at %i Hz, a tone of %i Hz at −3, −20 and −40 dBFS, is told to 0.1 dB',
  async (sampleRate, hz) => {
    const it = await scriptedConversation(db, { vad: null, bargeIn: { mode: 'off' }, written: true });
    const { pipeline, pass, facts } = it;
    await pass(320);
    const utteranceId = crypto.randomUUID();
    pipeline.say({ type: 'begin', utteranceId, turnId: crypto.randomUUID() });
    for (const samples of sine(sampleRate, hz)) pipeline.say({ type: 'pcm', utteranceId, samples, sampleRate });
    pipeline.say({ type: 'end', utteranceId });
    // As a microphone stack of the app gives it.
    for (const samples of sine(sampleRate, hz)) {
      pipeline.say({ type: 'user-pcm', samples, sampleRate });
      await pass(PIECE_MS);
    }
    await pass(640);
    await it.stop();
    expect(named(facts, 'error')).toEqual([]);

    for (const speaker of ['bot', 'user'] as const) {
      const runs = soundingRuns(facts, speaker);
      expect(runs, speaker).toHaveLength(LEVELS_DB.length);
      for (const [index, levelDb] of LEVELS_DB.entries()) {
        const run = runs[index] ?? [];
        // 800 ms are sixteen reports; the first and the last have a part of the pause in them, and of what rings into it.
        expect(run.length, `${speaker} ${levelDb} dBFS`).toBeGreaterThanOrEqual(14);
        for (const { rmsDb, peakDb, atMs } of run.slice(2, -2)) {
          const where = `${speaker} ${levelDb} dBFS at ${atMs} ms`;
          expect(Math.abs(peakDb - levelDb), `peak, ${where}`).toBeLessThan(0.1);
          expect(Math.abs(rmsDb - (levelDb - CREST_DB)), `RMS, ${where}`).toBeLessThan(0.1);
        }
      }
    }
  },
);

test('[LEVEL-4] levels come as often as was asked for, each of all the audio since the one before', async () => {
  const it = await scriptedConversation(db, { vad: null, levels: { everyMs: 200 } });
  it.say(1600);
  await it.pass(3200, 0.25);
  await expect.poll(() => it.pipeline.stats().levels.user?.atMs).toBe(3200);
  for (const speaker of ['bot', 'user'] as const) {
    const levels = named(it.facts, 'level').flatMap(({ event }) => (event.speaker === speaker ? [event] : []));
    expect(levels.map(({ atMs }) => atMs)).toEqual(Array.from({ length: 16 }, (_, index) => (index + 1) * 200));
    expect(it.pipeline.stats().levels[speaker]).toEqual(levels.at(-1));
  }
  await it.stop();
});

/** The levels of each stretch in which a speaker sounds. */
function soundingRuns(facts: Parameters<typeof named>[0], speaker: Speaker) {
  const levels = named(facts, 'level').flatMap(({ event }) => (event.speaker === speaker ? [event] : []));
  const runs: (typeof levels)[] = [];
  for (const [index, level] of levels.entries()) {
    if (level.rmsDb < -60) continue;
    const before = levels[index - 1];
    if (!before || before.rmsDb < -60) runs.push([]);
    runs.at(-1)?.push(level);
  }
  return runs;
}
