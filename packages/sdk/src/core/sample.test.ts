import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSampled, samplePoint } from './sample.ts';

test('[SAMPLE-1] a session is sampled by its id alone: always alike, and at every higher ratio too', () => {
  expect(samplePoint('00000000-0000-4000-8000-000000000000')).toBe(0.36425151745788753);
  expect(samplePoint('6F9619FF-8B86-D011-B42D-00C04FC964FF')).toBe(samplePoint('6f9619ff-8b86-d011-b42d-00c04fc964ff'));
  fc.assert(
    fc.property(
      fc.uuid(),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (id, a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        expect(isSampled(id, low)).toBe(isSampled(id, low));
        if (isSampled(id, low)) expect(isSampled(id, high)).toBe(true);
        expect([isSampled(id, 0), isSampled(id, 1)]).toEqual([false, true]);
      },
    ),
  );
});

/** An id without any order in it, and the same in every run. */
function alwaysTheSame(index: number): string {
  const hex = createHash('sha256').update(String(index)).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

test.each([
  ['random', (index: number) => alwaysTheSame(index)],
  ['counted', (index: number) => `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`],
])('[SAMPLE-2] of many sessions with %s ids the ratio is sampled, evenly', (_kind, idOf) => {
  const count = 20_000;
  const tenths = Array.from({ length: 10 }, () => 0);
  for (let index = 0; index < count; index += 1) {
    const tenth = Math.floor(samplePoint(idOf(index)) * 10);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  // Chi-squared with 9 degrees of freedom: above 40 for one choice of ids in a hundred thousand.
  const expected = count / 10;
  expect(tenths.reduce((sum, each) => sum + (each - expected) ** 2 / expected, 0)).toBeLessThan(40);
});
