import { assert, double, integer, option, property } from 'fast-check';
import { expect, test } from 'vitest';
import { RETRY_POLICY, retryDelayMs } from './retry-policy.ts';

const delay = (attempt: number, random: number, retryAfterMs?: number): number =>
  retryDelayMs({ attempt, random, retryAfterMs });

test('[SEND-1] the ceiling doubles from one second to a minute and stays there', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8, 100].map((attempt) => delay(attempt, 1))).toEqual([
    1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000,
  ]);
});

test('[SEND-1] jitter is full: the wait lies anywhere up to the ceiling, and never at zero', () => {
  expect(delay(5, 0)).toBe(100);
  expect(delay(5, 0.5)).toBe(8050);
});

test('[SEND-1] what a backend asks for is never cut short, and jitter comes on top', () => {
  expect(delay(1, 0, 5000)).toBe(5100);
  expect(delay(1, 1, 5000)).toBe(6000);
});

test('[SEND-1] a backend that asks for a day is asked again after an hour', () => {
  expect(delay(1, 0, 86_400_000)).toBe(3_600_100);
});

test('[SEND-1] every wait lies between the shortest and the longest', () => {
  assert(
    property(
      integer({ min: 1, max: 10_000 }),
      double({ min: 0, max: 1, noNaN: true }),
      option(integer({ min: -1000, max: 10 ** 12 }), { nil: undefined }),
      (attempt, random, retryAfterMs) => {
        const delayMs = delay(attempt, random, retryAfterMs);
        expect(delayMs).toBeGreaterThanOrEqual(RETRY_POLICY.minMs);
        expect(delayMs).toBeLessThanOrEqual(RETRY_POLICY.maxRetryAfterMs + RETRY_POLICY.maxMs);
        expect(Number.isInteger(delayMs)).toBe(true);
      },
    ),
  );
});
