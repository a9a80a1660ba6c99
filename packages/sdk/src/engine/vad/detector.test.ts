import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TurntapeError } from '../../core/errors.ts';
import type { VadSettings } from '../../core/settings.ts';
import { SpeechDetector, type SpeechFact } from './detector.ts';
import type { ProbabilityModel } from './probability-model.ts';

const SETTINGS: VadSettings = {
  model: 'v6',
  positiveSpeechThreshold: 0.3,
  negativeSpeechThreshold: 0.25,
  minSpeechMs: 96,
  endSilenceMs: 128,
};

type Answer = (probability: number) => number | Promise<number>;

/** Answers window after window what the script says, silence beyond its end. */
class ScriptedModel implements ProbabilityModel {
  readonly name = 'v6';
  readonly windowFrames: number;
  readonly windows: Float32Array[] = [];
  readonly #script: readonly number[];
  readonly #answer: Answer;
  resets = 0;

  constructor(script: readonly number[], windowFrames = 512, answer: Answer = (probability) => probability) {
    this.#script = script;
    this.windowFrames = windowFrames;
    this.#answer = answer;
  }

  probability(window: Float32Array): number | Promise<number> {
    this.windows.push(window);
    return this.#answer(this.#script[this.windows.length - 1] ?? 0);
  }

  reset(): void {
    this.resets += 1;
  }

  release(): void {}
}

function listen(model: ProbabilityModel, clockRate: number, settings: VadSettings = SETTINGS) {
  const facts: SpeechFact[] = [];
  const errors: TurntapeError[] = [];
  const detector = new SpeechDetector({
    settings,
    clockRate,
    model,
    onFact: (fact) => facts.push(fact),
    onError: (error) => errors.push(error),
  });
  return { detector, facts, errors };
}

/** Enough audio for this many windows: a little more, since the resampler looks ahead. */
const framesFor = (windows: number, clockRate: number, windowFrames = 512): number =>
  Math.ceil((windows * windowFrames * clockRate) / 16_000 + 0.01 * clockRate);

const speech = (windows: number): number[] => Array.from({ length: windows }, () => 0.9);
const silence = (windows: number): number[] => Array.from({ length: windows }, () => 0);

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

describe('order', () => {
  const scripts = fc.array(fc.constantFrom(0, 0.1, 0.26, 0.4, 0.9), { minLength: 0, maxLength: 120 });
  const blocks = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 8 });
  const rates = fc.constantFrom(44_100, 48_000, 96_000);

  test('[VAD-3] starts and ends alternate, each onset lies before its end, and nothing overlaps', async () => {
    await fc.assert(
      fc.asyncProperty(
        scripts,
        blocks,
        rates,
        fc.integer({ min: 0, max: 1e9 }),
        async (script, sizes, rate, origin) => {
          const { detector, facts } = listen(new ScriptedModel(script), rate);
          const total = framesFor(script.length, rate);
          let fed = 0;
          for (let turn = 0; fed < total; turn += 1) {
            const size = sizes[turn % sizes.length] ?? 1;
            detector.feed(origin + fed, new Float32Array(size));
            fed += size;
          }
          detector.endSpeech();
          await detector.settle();
          expectWellFormed(facts, origin, origin + fed);
        },
      ),
    );
  });

  test('[VAD-3] holes, repeated frames and a change of model leave starts and ends in pairs', async () => {
    const step = fc.record({
      move: fc.integer({ min: -3000, max: 12_000 }),
      size: fc.integer({ min: 1, max: 9000 }),
      model: fc.option(fc.constantFrom(256, 512, 1536), { freq: 8 }),
      end: fc.boolean(),
      wait: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), scripts, rates, async (steps, script, rate) => {
        const { detector, facts, errors } = listen(new ScriptedModel(script), rate);
        let fed = 0;
        for (const { move, size, model, end, wait } of steps) {
          const from = Math.max(0, fed + (Math.abs(move) > 2000 ? move : 0));
          detector.feed(from, new Float32Array(size));
          fed = Math.max(fed, from + size);
          if (model) detector.useModel(new ScriptedModel(script, model, (p) => Promise.resolve(p)));
          if (end) detector.endSpeech();
          if (wait) await detector.settle();
        }
        detector.endSpeech();
        await detector.settle();
        expect(errors).toEqual([]);
        expectWellFormed(facts, 0, fed);
      }),
    );
  });

  test('[VAD-4] a slow model delays the facts and changes none of them', async () => {
    const script = [0, ...speech(4), ...silence(6), ...speech(1), ...silence(6)];
    const quick = listen(new ScriptedModel(script), 48_000);
    const order: number[] = [];
    let calls = 0;
    const slow = listen(
      new ScriptedModel(script, 512, async (probability) => {
        const call = (calls += 1);
        await new Promise((resolve) => setTimeout(resolve, call % 3));
        order.push(call);
        return probability;
      }),
      48_000,
    );
    const total = framesFor(script.length, 48_000);
    for (let at = 0; at < total; at += 512) {
      quick.detector.feed(at, new Float32Array(512));
      slow.detector.feed(at, new Float32Array(512));
    }
    await quick.detector.settle();
    expect(slow.facts).toEqual([]);
    await slow.detector.settle();
    expect(slow.facts).toEqual(quick.facts);
    expect(quick.facts.map((fact) => fact.type)).toEqual(['start', 'confirmed', 'end', 'start', 'end']);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  test('[VAD-4] audio fed from within a fact is decided too', async () => {
    const model = new ScriptedModel([...speech(3), ...silence(20)]);
    const facts: SpeechFact[] = [];
    const detector = new SpeechDetector({
      settings: SETTINGS,
      clockRate: 16_000,
      model,
      onFact(fact) {
        facts.push(fact);
        if (fact.type === 'confirmed') detector.feed(3 * 512, new Float32Array(10 * 512));
      },
      onError: () => {},
    });
    detector.feed(0, new Float32Array(3 * 512));
    await detector.settle();
    await detector.settle();
    expect(facts.at(-1)).toEqual({ type: 'end', end: 1536, decided: 7 * 512, misfire: false });
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

describe('models', () => {
  test('[VAD-8] another model takes over at the next window, and each sample is heard once', async () => {
    const first = new ScriptedModel(silence(3));
    const second = new ScriptedModel([], 1536);
    const { detector } = listen(first, 16_000);
    const track = Float32Array.from({ length: 512 * 9 + 100 }, (_, n) => n);
    detector.feed(0, track.subarray(0, 512 * 3));
    await detector.settle();
    detector.useModel(second);
    expect(detector.model).toBe(second);
    detector.feed(512 * 3, track.subarray(512 * 3));
    await detector.settle();
    const heard = [...first.windows, ...second.windows].flatMap((window) => [...window]);
    expect(heard).toEqual([...track.subarray(0, 512 * 9)]);
    expect(second.windows).toHaveLength(2);
  });

  test.each([
    { before: 2, windowFrames: 1536, confirmedAt: 2 * 512 + 1536 },
    { before: 2, windowFrames: 512, confirmedAt: 3 * 512 },
    { before: 2, windowFrames: 256, confirmedAt: 2 * 512 + 2 * 256 },
  ])(
    '[VAD-8] an open speech of $before windows is confirmed once after a change to windows of $windowFrames',
    async ({ before, windowFrames, confirmedAt }) => {
      const { detector, facts } = listen(new ScriptedModel(speech(before)), 16_000);
      detector.feed(0, new Float32Array(before * 512));
      await detector.settle();
      detector.useModel(new ScriptedModel(speech(8), windowFrames));
      detector.feed(before * 512, new Float32Array(40 * 512));
      await detector.settle();
      expect(facts.slice(0, 2)).toEqual([
        { type: 'start', onset: 0, decided: 512 },
        { type: 'confirmed', at: confirmedAt },
      ]);
      const end = before * 512 + 8 * windowFrames;
      expect(facts.slice(2)).toEqual([{ type: 'end', end, decided: expect.any(Number), misfire: false }]);
    },
  );

  test('[VAD-8] a confirmed speech is not confirmed again by another model, and does not become a misfire', async () => {
    const { detector, facts } = listen(new ScriptedModel(speech(5)), 16_000);
    detector.feed(0, new Float32Array(5 * 512));
    await detector.settle();
    detector.useModel(new ScriptedModel([], 1536));
    detector.feed(5 * 512, new Float32Array(40 * 512));
    await detector.settle();
    expect(facts.map((fact) => fact.type)).toEqual(['start', 'confirmed', 'end']);
    expect(facts.at(-1)).toMatchObject({ end: 5 * 512, misfire: false });
  });

  test.each([
    {
      how: 'throws',
      answer: () => {
        throw new Error('out of memory');
      },
    },
    { how: 'rejects', answer: () => Promise.reject(new Error('out of memory')) },
    { how: 'answers NaN', answer: () => Number.NaN },
  ])('[VAD-9] when a model $how the energy model takes over and no audio is lost', async ({ answer }) => {
    const clockRate = 16_000;
    const { detector, facts, errors } = listen(new ScriptedModel([], 1536, answer), clockRate);
    const track = new Float32Array(clockRate * 2);
    for (let n = 512 * 10; n < 512 * 20; n += 1) track[n] = 0.3 * Math.sin((2 * Math.PI * 300 * n) / clockRate);
    detector.feed(0, track);
    await detector.settle();
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ code: 'vad_failed' });
    expect(errors[0]?.cause).toBeInstanceOf(Error);
    expect(detector.model.name).toBe('energy');
    expect(facts[0]).toEqual({ type: 'start', onset: 5120, decided: 5632 });
    expect(facts.at(-1)).toMatchObject({ type: 'end', misfire: false });
  });

  test('[VAD-9] a model that fails in the middle of speech leaves it open', async () => {
    let calls = 0;
    const failing = new ScriptedModel(speech(4), 512, (probability) => {
      calls += 1;
      if (calls > 4) throw new Error('gone');
      return probability;
    });
    const { detector, facts } = listen(failing, 16_000);
    detector.feed(0, new Float32Array(512 * 20));
    await detector.settle();
    expect(facts).toEqual([
      { type: 'start', onset: 0, decided: 512 },
      { type: 'confirmed', at: 1536 },
      { type: 'end', end: 2048, decided: 2048 + 4 * 512, misfire: false },
    ]);
  });
});

function expectWellFormed(facts: readonly SpeechFact[], from: number, to: number): void {
  let last = from;
  let open: { onset: number; confirmed: boolean } | undefined;
  for (const fact of facts) {
    if (fact.type === 'start') {
      expect(open).toBeUndefined();
      expect(fact.onset).toBeGreaterThanOrEqual(last);
      expect(fact.decided).toBeGreaterThan(fact.onset);
      last = fact.onset;
      open = { onset: fact.onset, confirmed: false };
    } else if (fact.type === 'confirmed') {
      expect(open?.confirmed).toBe(false);
      expect(fact.at).toBeGreaterThan(last);
      if (open) open.confirmed = true;
    } else {
      expect(open).toBeDefined();
      expect(fact.end).toBeGreaterThan(open?.onset ?? to);
      expect(fact.decided).toBeGreaterThanOrEqual(fact.end);
      expect(fact.misfire).toBe(!open?.confirmed);
      expect(fact.end).toBeLessThanOrEqual(to);
      last = fact.end;
      open = undefined;
    }
  }
  expect(open).toBeUndefined();
}
