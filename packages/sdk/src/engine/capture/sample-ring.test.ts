import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SampleRing } from './sample-ring.ts';

const ramp = (from: number, length: number) => Float32Array.from({ length }, (_, n) => from + n + 1);

test('[KEEP-15] the newest samples of a track can be read at their frames, whatever the blocks; all others are silence', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 300 }),
      fc.nat(500),
      fc.array(fc.tuple(fc.integer({ min: 1, max: 400 }), fc.nat(3)), { minLength: 1, maxLength: 20 }),
      fc.nat(900),
      fc.nat(900),
      (capacity, first, blocks, back, length) => {
        const ring = new SampleRing(capacity);
        const all = new Map<number, number>();
        let end = first;
        for (const [frames, leap] of blocks) {
          // Now and then it goes on elsewhere: what was there is forgotten.
          const from = leap === 3 ? end + 50 : end;
          if (from !== end) all.clear();
          ring.append(from, ramp(from, frames));
          ramp(from, frames).forEach((sample, n) => all.set(from + n, sample));
          end = from + frames;
        }
        const from = end - back;
        const expected = Float32Array.from({ length }, (_, n) =>
          from + n >= end - capacity ? (all.get(from + n) ?? 0) : 0,
        );
        expect(ring.read(from, from + length)).toEqual(expected);
      },
    ),
  );
});

test('[KEEP-15] what is silenced is silent for whoever reads it later, and for nobody who has read it', () => {
  const ring = new SampleRing(100);
  ring.append(0, ramp(0, 130));
  const before = ring.read(60, 130);
  ring.silence(70, 110);
  expect(before).toEqual(ramp(60, 70));
  expect([...ring.read(60, 70)]).toEqual([...ramp(60, 10)]);
  expect(ring.read(70, 110)).toEqual(new Float32Array(40));
  expect([...ring.read(110, 130)]).toEqual([...ramp(110, 20)]);
  ring.silence(-50, 500);
  expect(ring.read(0, 130)).toEqual(new Float32Array(130));
});

test('[KEEP-15] what was given may be changed afterwards', () => {
  const ring = new SampleRing(10);
  const given = ramp(0, 10);
  ring.append(0, given);
  given.fill(0);
  expect(ring.read(0, 10)).toEqual(ramp(0, 10));
});
