import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SpeechDetector, type SpeechFact } from './detector.ts';
import { framesFor, listen, ScriptedModel, SETTINGS, silence, speech } from './scripted-model.ts';

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
