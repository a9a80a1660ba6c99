import { expect, test } from 'vitest';
import type { SpeechFact } from './detector.ts';
import { SETTINGS, ScriptedModel, listen, silence, speech } from './scripted-model.ts';

/** A model of which each look before a window is whole answers by a script too. */
class LookingModel extends ScriptedModel {
  readonly looks: number[] = [];
  readonly #answers: readonly number[];

  constructor(script: readonly number[], answers: readonly number[]) {
    super(script);
    this.#answers = answers;
  }

  peek(frames: Float32Array): number {
    this.looks.push(frames.length);
    return this.#answers[this.looks.length - 1] ?? 0;
  }
}

/** Heard at 16 kHz in blocks of 64 frames, closely if so said: quarters of a window of 512. */
async function hear(
  model: ScriptedModel,
  windows: number,
  close = true,
  sampleAt: (frame: number) => number = () => 0,
  minLevelDb: number | null = null,
): Promise<SpeechFact[]> {
  const { detector, facts } = listen(model, 16_000, { ...SETTINGS, phases: 4, minLevelDb });
  detector.listenClosely(close);
  for (let at = 0; at < windows * 512; at += 64) {
    detector.feed(
      at,
      Float32Array.from({ length: 64 }, (_, n) => sampleAt(at + n)),
    );
    await detector.settle();
  }
  return facts;
}

test('[VAD-30] a part of a window that is found to be speech is a start there; all that follows is by whole windows', async () => {
  const script = [...silence(3), ...speech(4), ...silence(8)];
  const plain = await hear(new LookingModel(script, []), 15, false);
  const model = new LookingModel(script, [...silence(9), 0.49, 0.5]);
  const facts = await hear(model, 15);
  // Three looks for each window; the eleventh, at half of the fourth window, is the first to find speech.
  expect(facts[0]).toEqual({ type: 'start', onset: 3 * 512 + 256 - 512, decided: 3 * 512 + 256 });
  expect(plain[0]).toEqual({ type: 'start', onset: 3 * 512, decided: 4 * 512 });
  expect(facts.slice(1)).toEqual(plain.slice(1));
  // None while speech is open, and again from the window after its end on.
  expect(model.looks).toEqual([...Array(11).keys()].map((look) => ((look % 3) + 1) * 128).concat(quarters(model, 11)));
});

/** The looks after the first `from`: whole rounds of three. */
function quarters({ looks }: LookingModel, from: number): number[] {
  expect((looks.length - from) % 3).toBe(0);
  return Array.from({ length: looks.length - from }, (_, look) => ((look % 3) + 1) * 128);
}

test('[VAD-30] a start that no whole window bears out is a misfire, and the next look can start again', async () => {
  const facts = await hear(new LookingModel([], [0.9, 0, 0, 0.9]), 12);
  expect(facts.map(({ type }) => type)).toEqual(['start', 'end', 'start', 'end']);
  expect(facts.filter((fact) => fact.type === 'end').map(({ misfire }) => misfire)).toEqual([true, true]);
  expect(facts[0]).toEqual({ type: 'start', onset: 0, decided: 128 });
});

/** Each quarter of a window has whole periods: −23 dBFS RMS. */
const tone = (frame: number): number => 0.1 * Math.sin((2 * Math.PI * 500 * frame) / 16_000);

test('[VAD-33] a look finds nothing in what is too quiet either', async () => {
  expect(await hear(new LookingModel([], [0.9]), 12, true, tone, -22)).toEqual([]);
  expect((await hear(new LookingModel([], [0.9]), 12, true, tone, -24)).map(({ type }) => type)).toEqual([
    'start',
    'end',
  ]);
});

test('[VAD-30] nothing is looked at twice when it is not asked for, or when a whole window waits already', async () => {
  const idle = new LookingModel([], []);
  await hear(idle, 4, false);
  expect(idle.looks).toEqual([]);
  const behind = new LookingModel([], []);
  const { detector } = listen(behind, 16_000, { ...SETTINGS, phases: 4 });
  detector.listenClosely(true);
  detector.feed(0, new Float32Array(5 * 512 + 200));
  await detector.settle();
  expect([behind.windows.length, behind.looks]).toEqual([5, [200]]);
});

test('[CUT-25] a look is made when all that waits has been heard: one at the end of each burst of the audio thread', async () => {
  const model = new LookingModel([], []);
  const { detector } = listen(model, 16_000, { ...SETTINGS, phases: 4 });
  detector.listenClosely(true);
  const { port1, port2 } = new MessageChannel();
  let at = 0;
  let arrived: (() => void) | undefined;
  port2.addEventListener('message', ({ data: frames }: MessageEvent<number>) => {
    detector.feed(at, new Float32Array(frames));
    at += frames;
    arrived?.();
  });
  port2.start();
  // Four quanta of 44.1 kHz; after three of them a look would be due.
  for (const burst of Array.from({ length: 4 }, () => [46, 46, 47, 47])) {
    const end = at + 186;
    for (const frames of burst) port1.postMessage(frames);
    await new Promise<void>((resolve) => (arrived = () => void (at === end && resolve())));
    await detector.settle();
  }
  port1.close();
  // The third burst ends 46 frames into the second window: that is no part worth a look.
  expect(model.looks).toEqual([186, 372, 232]);
});

test('[VAD-30] a model that fails while it looks hands over to energy like one that fails at a window', async () => {
  const model = new LookingModel([], [Number.NaN]);
  const { detector, errors } = listen(model, 16_000, { ...SETTINGS, phases: 4 });
  detector.listenClosely(true);
  detector.feed(0, new Float32Array(4 * 512));
  detector.feed(4 * 512, new Float32Array(128));
  await detector.settle();
  expect(errors.map(({ code }) => code)).toEqual(['vad_failed']);
  expect(detector.model.name).toBe('energy');
});

/** Rises at the beginning of the fourth window and stays. Three looks for each window: 8, 16, 24, 40, 48, 56, 72 … ms of it. */
const rising = (frame: number) => (frame < 3 * 512 ? 0.001 : 0.1) * Math.sin(frame);

/** The least that look number `look`, counted from the rise on, must find; undefined when 0.5 is not enough. */
async function least(look: number): Promise<number | undefined> {
  for (const found of [0.2, 0.21, 0.3, 0.31, 0.49, 0.5])
    if ((await hear(new LookingModel([], [...silence(8 + look), found]), 10, true, rising)).length > 0) return found;
  return undefined;
}

test('[VAD-32] the longer a sound has lasted the less a look must find, until it is an old one', async () => {
  const needed = await Promise.all([1, 3, 4, 5, 6, 7, 15, 16].map(least));
  expect(needed).toEqual([0.5, 0.5, 0.3, 0.3, 0.2, 0.2, 0.2, 0.5]);
});
