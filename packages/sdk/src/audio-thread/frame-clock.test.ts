import { expect, test } from 'vitest';
import { FrameClock } from './frame-clock.ts';

test('[BLOCK-6] a quantum that says frame 0 follows the ones before it; the first of all is left out', () => {
  const clock = new FrameClock();
  expect([0, 4096, 4224, 0, 4480, 9600].map((said) => clock.at(said, 128))).toEqual([
    undefined,
    4096,
    4224,
    4352,
    4480,
    9600,
  ]);
});
