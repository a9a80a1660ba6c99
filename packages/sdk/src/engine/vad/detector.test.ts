import { describe, expect, test } from 'vitest';
import { framesFor, listen, ScriptedModel, SETTINGS, speech } from './scripted-model.ts';

describe('positions', () => {
  test.each([
    { clockRate: 48_000, onset: 2 * 1536, confirmed: 5 * 1536, end: 5 * 1536, decided: 9 * 1536 },
    // A window is 1411.2 frames here: its ends are rounded, each from the beginning, so that no error adds up.
    { clockRate: 44_100, onset: 2822, confirmed: 7056, end: 7056, decided: 12_701 },
    { clockRate: 96_000, onset: 2 * 3072, confirmed: 5 * 3072, end: 5 * 3072, decided: 9 * 3072 },
    { clockRate: 16_000, onset: 2 * 512, confirmed: 5 * 512, end: 5 * 512, decided: 9 * 512 },
  ])('[VAD-1] onset, decision and end are session frames of whole windows at $clockRate Hz', async (expected) => {
    const { clockRate, onset, confirmed, end, decided } = expected;
    const { detector, facts } = listen(new ScriptedModel([0, 0, ...speech(3)]), clockRate);
    const origin = 7_000_000;
    detector.feed(origin, new Float32Array(framesFor(10, clockRate)));
    await detector.settle();
    const windowEnd = origin + Math.round((3 * 512 * clockRate) / 16_000);
    expect(facts).toEqual([
      { type: 'start', onset: origin + onset, decided: windowEnd },
      { type: 'confirmed', at: origin + confirmed },
      { type: 'end', end: origin + end, decided: origin + decided, misfire: false },
    ]);
  });

  test('[VAD-2] what the model hears is the audio at that place, however it was cut into blocks', async () => {
    const clockRate = 48_000;
    const track = Float32Array.from({ length: 48_000 }, (_, n) => Math.sin((2 * Math.PI * 440 * n) / clockRate));
    const model = new ScriptedModel([]);
    const { detector } = listen(model, clockRate);
    for (let at = 0; at < track.length; at += 384) detector.feed(at, track.subarray(at, at + 384));
    await detector.settle();
    model.windows.forEach((window, index) => {
      if (index === 0) return; // before it lies silence, which rings into it
      window.forEach((sample, n) => {
        const seconds = (index * 512 + n) / 16_000;
        expect(sample).toBeCloseTo(Math.sin(2 * Math.PI * 440 * seconds), 2);
      });
    });
    expect(model.windows.length).toBeGreaterThanOrEqual(30);
  });

  test('[VAD-2] blocks belong to the caller: at 16 kHz too they may be used again at once', async () => {
    const model = new ScriptedModel([]);
    const { detector } = listen(model, 16_000);
    const block = new Float32Array(384);
    for (let at = 0; at < 384 * 8; at += 384) detector.feed(at, block.fill(at / 384 + 1));
    block.fill(-1);
    await detector.settle();
    const heard = model.windows.flatMap((window) => [...window]);
    expect(heard).toEqual(Array.from({ length: 3072 }, (_, n) => Math.floor(n / 384) + 1));
  });
});

describe('speech and misfires', () => {
  test('[VAD-5] speech shorter than minSpeechMs is a misfire and never confirmed', async () => {
    const { detector, facts } = listen(new ScriptedModel([0, ...speech(2)]), 16_000);
    detector.feed(0, new Float32Array(512 * 10));
    await detector.settle();
    expect(facts).toEqual([
      { type: 'start', onset: 512, decided: 1024 },
      { type: 'end', end: 1536, decided: 512 * 7, misfire: true },
    ]);
  });

  test('[VAD-5] with no minimum a single window is speech', async () => {
    const { detector, facts } = listen(new ScriptedModel([0.9]), 16_000, { ...SETTINGS, minSpeechMs: 0 });
    detector.feed(0, new Float32Array(512 * 6));
    await detector.settle();
    expect(facts.map((fact) => fact.type)).toEqual(['start', 'confirmed', 'end']);
    expect(facts.at(-1)).toMatchObject({ misfire: false });
  });

  test('[VAD-6] the end of the session ends an open speech at the last frame fed', async () => {
    const { detector, facts } = listen(new ScriptedModel(speech(100)), 48_000);
    detector.feed(0, new Float32Array(20_000));
    detector.endSpeech();
    await detector.settle();
    expect(facts.at(-1)).toEqual({ type: 'end', end: 20_000, decided: 20_000, misfire: false });
  });

  test('[VAD-6] the end of the session says nothing when nobody speaks, and what is fed later is heard', async () => {
    const { detector, facts } = listen(new ScriptedModel([0, 0, ...speech(3)]), 16_000);
    detector.feed(0, new Float32Array(700));
    detector.endSpeech();
    await detector.settle();
    expect(facts).toEqual([]);
    detector.feed(700, new Float32Array(512 * 9 - 700));
    await detector.settle();
    expect(facts[0]).toEqual({ type: 'start', onset: 1024, decided: 1536 });
  });
});

/** Windows of a tone, each as loud as is said: RMS in dBFS. */
const toneOf = (...levelsDb: number[]): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: levelsDb.length * 512 }, (_, n) => {
    const amplitude = Math.SQRT2 * 10 ** ((levelsDb[Math.floor(n / 512)] ?? 0) / 20);
    return amplitude * Math.sin((2 * Math.PI * 500 * n) / 16_000);
  });

describe('what is too quiet', () => {
  const near = { ...SETTINGS, minLevelDb: -40 };
  const LOUD = [-39, -39, -39, -39];
  const QUIET = [-41, -41, -41, -41, -41, -41];

  test('[VAD-33] is no speech, whatever the model finds, and ends what is open; the model hears all of it', async () => {
    const model = new ScriptedModel(speech(100));
    const { detector, facts } = listen(model, 16_000, near);
    detector.feed(0, toneOf(...QUIET, ...LOUD, ...QUIET));
    await detector.settle();
    expect(facts).toEqual([
      { type: 'start', onset: 6 * 512, decided: 7 * 512 },
      { type: 'confirmed', at: 9 * 512 },
      { type: 'end', end: 10 * 512, decided: 14 * 512, misfire: false },
    ]);
    expect(model.windows).toHaveLength(16);
  });

  test('[VAD-33] a pause between words is shorter than that, and without a limit nothing is too quiet', async () => {
    const { detector, facts } = listen(new ScriptedModel(speech(100)), 16_000, near);
    detector.feed(0, toneOf(...LOUD, -50, -50, ...LOUD, ...QUIET));
    await detector.settle();
    expect(facts.map(({ type }) => type)).toEqual(['start', 'confirmed', 'end']);
    const unlimited = listen(new ScriptedModel(speech(4)), 16_000, { ...SETTINGS, minLevelDb: null });
    unlimited.detector.feed(0, new Float32Array(4 * 512));
    await unlimited.detector.settle();
    expect(unlimited.facts.map(({ type }) => type)).toEqual(['start', 'confirmed']);
  });
});

describe('holes', () => {
  test('[VAD-7] a hole as long as endSilenceMs ends the speech where it was, and the model forgets', async () => {
    const model = new ScriptedModel(speech(100));
    const { detector, facts } = listen(model, 48_000);
    detector.feed(0, new Float32Array(10_000));
    detector.feed(60_000, new Float32Array(10_000));
    await detector.settle();
    const [start, confirmed, end, again] = facts;
    expect(start).toMatchObject({ type: 'start', onset: 0 });
    expect(confirmed).toMatchObject({ type: 'confirmed' });
    expect(end).toEqual({ type: 'end', end: 10_000, decided: 10_000 + 0.128 * 48_000, misfire: false });
    expect(again).toEqual({ type: 'start', onset: 60_000, decided: 61_536 });
    expect(model.resets).toBe(1);
  });

  test('[VAD-7] a shorter hole is silence that an open speech outlasts', async () => {
    const clockRate = 16_000;
    const model = new ScriptedModel([...speech(4), 0, 0, ...speech(4)]);
    const { detector, facts } = listen(model, clockRate);
    detector.feed(0, new Float32Array(4 * 512).fill(0.5));
    detector.feed(6 * 512, new Float32Array(10 * 512).fill(0.5));
    await detector.settle();
    expect(facts.map((fact) => fact.type)).toEqual(['start', 'confirmed', 'end']);
    expect(facts.at(-1)).toMatchObject({ end: 10 * 512 });
    expect(model.windows[4]).toEqual(new Float32Array(512));
    expect(model.windows[6]).toEqual(new Float32Array(512).fill(0.5));
    expect(model.resets).toBe(1);
  });

  test('[VAD-7] a hole shorter than a window does not make the model forget', async () => {
    const model = new ScriptedModel([]);
    const { detector } = listen(model, 48_000);
    detector.feed(0, new Float32Array(4_801));
    detector.feed(4_802, new Float32Array(4_800));
    await detector.settle();
    expect(model.resets).toBe(0);
  });

  test('[VAD-2] frames that were fed before are not heard twice', async () => {
    const model = new ScriptedModel([]);
    const { detector } = listen(model, 16_000);
    const track = Float32Array.from({ length: 2048 }, (_, n) => n);
    detector.feed(0, track.subarray(0, 1000));
    detector.feed(500, track.subarray(500, 1200));
    detector.feed(0, track.subarray(0, 700));
    detector.feed(1200, track.subarray(1200));
    await detector.settle();
    expect(model.windows.flatMap((window) => [...window])).toEqual([...track]);
  });
});
