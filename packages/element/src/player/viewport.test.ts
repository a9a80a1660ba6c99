import { expect, test } from 'vitest';
import { openingView, panned, showing, spanOf, toMs, toX, wholeOf, zoomed } from './viewport.ts';

const HOUR = 3_600_000;

test('[REVIEW-7] a short session is seen whole, a long one opens with its first two minutes', () => {
  expect(openingView(95_000)).toEqual({ fromMs: 0, toMs: 95_000 });
  expect(openingView(HOUR)).toEqual({ fromMs: 0, toMs: 120_000 });
});

test('[REVIEW-7] a zoom keeps the place under the pointer, and neither goes beyond the ends nor below two seconds', () => {
  const view = zoomed({ fromMs: 0, toMs: 120_000 }, 1 / 4, 90_000, HOUR);
  expect(view).toEqual({ fromMs: 67_500, toMs: 97_500 });
  expect(toX(view, 1000)(90_000)).toBeCloseTo(toX({ fromMs: 0, toMs: 120_000 }, 1000)(90_000), 6);
  expect(toMs(view, 1000, 750)).toBeCloseTo(90_000, 6);
  expect(spanOf(zoomed(view, 1e-9, 90_000, HOUR))).toBe(2000);
  expect(zoomed(view, 1e9, 90_000, HOUR)).toEqual({ fromMs: 0, toMs: HOUR });
  expect(panned(view, -1e9, HOUR).fromMs).toBe(0);
  expect(panned(view, 1e9, HOUR).toMs).toBe(HOUR);
});

test('[REVIEW-7] the view turns its page when the playhead leaves it, and stays when it is seen', () => {
  const view = { fromMs: 0, toMs: 100_000 };
  expect(showing(view, 50_000, HOUR)).toBe(view);
  const next = showing(view, 95_000, HOUR);
  expect(next.fromMs).toBeGreaterThan(80_000);
  expect(showing(next, 95_000, HOUR)).toBe(next);
  expect(showing(view, HOUR, HOUR).toMs).toBe(HOUR);
});

test('[REVIEW-19] of a session that has only begun the view has a scale', () => {
  expect(openingView(0)).toEqual({ fromMs: 0, toMs: 2000 });
  expect(spanOf(wholeOf(0))).toBe(2000);
  expect(spanOf(panned(openingView(0), 500, 0))).toBe(2000);
});
