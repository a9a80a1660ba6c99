import { expect, test } from 'vitest';
import { PhasedModel } from './phased-model.ts';
import { ScriptedModel, framesFor, listen, silence, speech } from './scripted-model.ts';

const ramp = (from: number, count: number): Float32Array => Float32Array.from({ length: count }, (_, at) => from + at);

test('[VAD-20] each model hears every sample once, in whole windows, shifted by a part of one', async () => {
  const models = [
    new ScriptedModel([0.1, 0.5]),
    new ScriptedModel([0.2]),
    new ScriptedModel([0.3]),
    new ScriptedModel([0.4]),
  ];
  const phased = new PhasedModel(models);
  expect(phased).toMatchObject({ name: 'v6', windowFrames: 128, reachFrames: 512 });
  const answers: number[] = [];
  for (let hop = 0; hop < 5; hop += 1) answers.push(await phased.probability(ramp(hop * 128, 128)));
  expect(answers).toEqual([0.1, 0.2, 0.3, 0.4, 0.5]);
  // Before the first sample there is silence.
  expect(models[0]!.windows[0]!.subarray(0, 384)).toEqual(new Float32Array(384));
  expect(models[3]!.windows[0]).toEqual(ramp(0, 512));
  expect(models[0]!.windows[1]).toEqual(ramp(128, 512));
  phased.reset();
  expect(models.map((model) => model.resets)).toEqual([1, 1, 1, 1]);
});

test('[VAD-20] the onset is the beginning of the window in which speech was found, and not of its last part', async () => {
  const RATE = 48_000;
  // Quiet for 20 windows of each; the second model finds speech first.
  const scripts = [silence(20), [...silence(19), ...speech(20)]];
  const models = scripts.map((script) => new ScriptedModel([...script, ...speech(20)]));
  const { detector, facts } = listen(new PhasedModel(models), RATE);
  detector.feed(0, new Float32Array(framesFor(40, RATE)));
  await detector.settle();
  // The 40th hop of 16 ms is the 20th window of the second model: it ends at 640 ms.
  expect(facts[0]).toEqual({ type: 'start', onset: (640 - 32) * 48, decided: 640 * 48 });
  expect(facts.filter((fact) => fact.type === 'start')).toHaveLength(1);
});
