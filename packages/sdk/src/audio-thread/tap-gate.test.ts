import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { TapGate } from './tap-gate.ts';

const QUANTUM = 8;
const FADE = 3;

/** Passes quanta of ones and gives what came out, with the cuts that were told. */
function gateOf() {
  const gate = new TapGate({ quantumFrames: QUANTUM, fadeFrames: FADE });
  const cuts: [number, number][] = [];
  let frame = 0;
  const pass = (input = [new Float32Array(QUANTUM).fill(1)], channels = 1): Float32Array[] => {
    const output = Array.from({ length: channels }, () => new Float32Array(QUANTUM).fill(9));
    gate.pass(input, output, frame, (cutId, at) => cuts.push([cutId, at]));
    frame += QUANTUM;
    return output;
  };
  const heard = (): number[] => [...(pass()[0] ?? [])];
  return { gate, cuts, pass, heard };
}

test('[TAP-2] a gate passes what it gets, a mono source to every loudspeaker, and nothing as silence', () => {
  const { pass } = gateOf();
  const [left, right] = [new Float32Array(QUANTUM).fill(0.1), new Float32Array(QUANTUM).fill(0.2)];
  expect(pass([left, right], 2)).toEqual([left, right]);
  expect(pass([left], 2)).toEqual([left, left]);
  expect(pass([], 2)).toEqual([new Float32Array(QUANTUM), new Float32Array(QUANTUM)]);
});

test('[TAP-3] a cut fades from the next frame on and says which frame is the first silent one', () => {
  const { gate, cuts, heard } = gateOf();
  heard();
  gate.cut(1);
  expect(heard()).toEqual([0.843_75, 0.5, 0.156_25, 0, 0, 0, 0, 0]);
  expect(cuts).toEqual([[1, QUANTUM + FADE]]);
  expect(heard()).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
});

test('[TAP-3] after a cut the gate stays shut until gain opens it; a cut of what is shut is answered at once', () => {
  const { gate, cuts, heard } = gateOf();
  gate.cut(1);
  heard();
  gate.cut(2);
  heard();
  expect(cuts).toEqual([
    [1, FADE],
    [2, QUANTUM],
  ]);
  gate.gain(1, 4);
  expect(heard()).toEqual([0.156_25, 0.5, 0.843_75, 1, 1, 1, 1, 1]);
});

test('[TAP-3] a gain during the fade opens the gate after it; a second cut there shuts it again', () => {
  const { gate, cuts, heard } = gateOf();
  gate.cut(1);
  gate.gain(1, 2);
  expect(heard()).toEqual([0.843_75, 0.5, 0.156_25, 0.5, 1, 1, 1, 1]);
  gate.cut(2);
  gate.gain(1, 0);
  gate.cut(3);
  expect(heard().slice(FADE)).toEqual([0, 0, 0, 0, 0]);
  expect(cuts).toEqual([
    [1, FADE],
    [2, QUANTUM + FADE],
    [3, QUANTUM + FADE],
  ]);
});

test('[TAP-3] a cut of what is ducked fades from there', () => {
  const { gate, heard } = gateOf();
  gate.gain(0.5, 0);
  heard();
  gate.cut(1);
  expect(heard().slice(0, 4)).toEqual([0.421_875, 0.25, 0.078_125, 0]);
});

test('[TAP-3] every cut is answered once, on the first frame that is silent', () => {
  const step = fc.constantFrom('cut', 'gain', 'pass', 'pass');
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.nat(20), (steps, rampFrames) => {
      const { gate, cuts, heard } = gateOf();
      const out: number[] = [];
      let cutCount = 0;
      for (const each of [...steps, 'pass', 'pass'] as const) {
        if (each === 'cut') gate.cut((cutCount += 1));
        if (each === 'gain') gate.gain(1, rampFrames);
        if (each === 'pass') out.push(...heard());
      }
      expect(cuts.map(([cutId]) => cutId)).toEqual(Array.from({ length: cutCount }, (_, at) => at + 1));
      for (const [, frame] of cuts) if (frame > 0) expect(out[frame - 1]).toBeLessThanOrEqual(1 / (FADE + 1));
      for (const gain of out) expect(gain).toBeGreaterThanOrEqual(0);
    }),
  );
});
