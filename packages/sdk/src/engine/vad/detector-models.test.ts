import { describe, expect, test } from 'vitest';
import { listen, ScriptedModel, silence, speech } from './scripted-model.ts';

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
