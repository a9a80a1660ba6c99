import { expect, test } from '@playwright/test';
import { launchBrowser } from './support/launch-browser.ts';
import { withoutMachineGaps } from './support/machine-gaps.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import {
  caughtUp,
  endRulerSession,
  engineWorker,
  heardFor,
  rulerFaults,
  startRulerSession,
} from './support/ruler-session.ts';

/** What the worklets hold, of `core/messages/credits.ts`. */
const BOUND_MS = 10_000;
const ON_ITS_WAY_MS = 680;

/** The two stalls: one that loses nothing, and how much longer than the bound the other is. */
const WITHIN_MS = 1500;
const BEYOND_MS = 1500;

/** Stands still as a long job does: nothing else runs in the worker meanwhile. */
function standStill(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

test('[LOSS-10] an engine that stands still loses nothing up to the bound; beyond it one range of each track, to the frame', async () => {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page, troubles } = await openRecorderPage(browser, site);
  await startRulerSession(page);
  await heardFor(page, 500);

  await engineWorker(browser).evaluate(standStill, WITHIN_MS);
  await caughtUp(page);
  const short = await page.evaluate(async () => ({ stats: await window.rig.session.stats(), gaps: window.rig.gaps }));
  await engineWorker(browser).evaluate(standStill, BOUND_MS + BEYOND_MS);
  await caughtUp(page);
  await heardFor(page, 500);
  const { gaps, errors, segments, stats } = await endRulerSession(page);
  await browser.close();
  await site.close();

  expect(troubles).toEqual([]);
  expect(errors).toEqual([]);
  expect(withoutMachineGaps(short.gaps)).toEqual([]);
  const { user } = short.stats.queues;
  expect(user).toMatchObject({ lostMs: 0, boundMs: BOUND_MS });
  expect(user.mostMs).toBeGreaterThan(WITHIN_MS - ON_ITS_WAY_MS - 500);

  // Both tracks were let go, each by its own worklet.
  expect(
    withoutMachineGaps(gaps)
      .map(({ cause, speaker }) => `${cause} ${speaker}`)
      .toSorted(),
  ).toEqual(['engine_stall bot', 'engine_stall user']);
  const gap = gaps.find(({ speaker }) => speaker === 'user');
  const lengthMs = (gap?.endMs ?? 0) - (gap?.startMs ?? 0);
  expect(lengthMs).toBeGreaterThan(BEYOND_MS - ON_ITS_WAY_MS - 500);
  expect(lengthMs).toBeLessThan(BEYOND_MS);
  expect(stats.queues.user.lostMs).toBeCloseTo(lengthMs, 6);

  // One file. What is missing of it is where the gap says, and every other 10 ms has its number.
  const [segment] = segments;
  expect(segments).toHaveLength(1);
  if (!segment || !gap) throw new Error('Nothing was kept.');
  const frame = (milliseconds: number): number => Math.round((milliseconds / 1000) * segment.clockRate);
  // The event counts from the session's first frame, the segment from its own, which is a block or two later on a busy machine.
  const [missing] = withoutMachineGaps(segment.gaps);
  const shiftMs = gap.startMs - (missing?.startMs ?? NaN);
  expect(shiftMs).toBeGreaterThanOrEqual(0);
  expect(shiftMs).toBeLessThan(100);
  expect(missing?.cause).toBe('engine_stall');
  expect(missing?.endMs).toBeCloseTo(gap.endMs - shiftMs, 6);
  const [from, to] = [frame(gap.startMs - shiftMs), frame(gap.endMs - shiftMs)];
  expect(segment.audio.slice(from, to).every((sample) => sample === 0)).toBe(true);
  // A ruler crosses zero for a sample or two.
  expect(segment.audio.slice(from - 4, from).some((sample) => sample !== 0)).toBe(true);
  expect(segment.audio.slice(to, to + 4).some((sample) => sample !== 0)).toBe(true);
  const { faults, ticks } = rulerFaults(segment.audio);
  expect(ticks).toBeGreaterThan((WITHIN_MS + BOUND_MS) / 10);
  expect(faults.length).toBeGreaterThan(lengthMs / 10 - 3);
  for (const { atMs } of faults) {
    expect(atMs).toBeGreaterThan(gap.startMs - shiftMs - 10);
    expect(atMs).toBeLessThan(gap.endMs - shiftMs);
  }
});
