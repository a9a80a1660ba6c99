import { expect, test } from 'vitest';
import { BurstWatch } from './burst-watch.ts';

/** Renders bursts of these lengths, so far apart; says which quanta of each may go. */
function render(watch: BurstWatch, bursts: readonly number[], apartMs = 10, fromMs = 0): boolean[][] {
  return bursts.map((length, at) =>
    // They straddle a tick of the clock now and then.
    Array.from({ length }, (_, quantum) =>
      watch.quantum(fromMs + at * apartMs + (at % 3 === 0 && quantum > 1 ? 1 : 0)),
    ),
  );
}

const seen = [4, 3, 4, 3, 3, 4, 3, 4];

test('[CUT-20] of a burst as many quanta go at once as the shortest but one of the last eight had; until then each goes alone', () => {
  const watch = new BurstWatch(2.7);
  expect(render(watch, seen).flat()).not.toContain(false);
  const next = render(watch, [3, 4, 3], 10, 80);
  expect(next).toEqual([
    [false, false, true],
    [false, false, true, true],
    [false, false, true],
  ]);
});

test('[CUT-20] a device of single quanta gets single quanta', () => {
  const watch = new BurstWatch(2.7);
  expect(
    render(
      watch,
      Array.from({ length: 40 }, () => 1),
      2.9,
    ).flat(),
  ).not.toContain(false);
});

test('[CUT-20] bursts that become shorter are told after the second of them, longer ones after seven', () => {
  const watch = new BurstWatch(2.7);
  render(watch, seen);
  const shorter = render(watch, [2, 2, 2, 2], 5, 80);
  // What was in hand of the first goes with the second.
  expect(shorter).toEqual([
    [false, false],
    [false, false],
    [false, true],
    [false, true],
  ]);
  const longer = render(
    watch,
    Array.from({ length: 12 }, () => 6),
    20,
    100,
  );
  expect(longer[2]).toEqual([false, true, true, true, true, true]);
  expect(longer.at(-1)).toEqual([false, false, false, false, false, true]);
});

test('[CUT-20] bursts that follow one another at once, after a stall, are one long burst', () => {
  const watch = new BurstWatch(2.7);
  render(watch, seen);
  expect(render(watch, [7], 10, 100)).toEqual([[false, false, true, true, true, true, true]]);
  expect(render(watch, [3], 10, 110)).toEqual([[false, false, true]]);
});

test('[CUT-20] a thread that loses its core within a burst has not ended it', () => {
  const watch = new BurstWatch(2.7);
  render(watch, seen);
  const torn = [100, 103, 103, 103].map((wallMs) => watch.quantum(wallMs));
  expect(torn).toEqual([false, false, true, true]);
  expect(render(watch, [3], 10, 110)).toEqual([[false, false, true]]);
});

test('[CUT-20] a burst that is torn in two all the same does not tear those that follow', () => {
  const watch = new BurstWatch(2.7);
  render(watch, seen);
  const torn = [100, 105, 105, 105].map((wallMs) => watch.quantum(wallMs));
  expect(torn).toEqual([false, false, false, true]);
  expect(render(watch, [4, 3], 10, 110)).toEqual([
    [false, false, true, true],
    [false, false, true],
  ]);
});

test('[CUT-20] a device of much shorter bursts is learned anew', () => {
  const watch = new BurstWatch(2.7);
  render(watch, [16, 16, 16, 16, 16, 16, 16, 16, 16], 43);
  // 4 quanta every 10.7 ms: too near to be told from one another at first.
  render(
    watch,
    Array.from({ length: 40 }, () => 4),
    10.7,
    400,
  );
  expect(render(watch, [4, 4], 10.7, 400 + 40 * 10.7)).toEqual([
    [false, false, false, true],
    [false, false, false, true],
  ]);
});
