import { expect, test } from '@playwright/test';
import { launchBrowser } from './support/launch-browser.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import { caughtUp, endRulerSession, engineWorker, heardFor, startRulerSession } from './support/ruler-session.ts';
import { startMsOf } from './support/session-time.ts';
import { gapsWithoutStandstills, rulerFaultsBetween } from './support/standstills.ts';
import { renderedMs, skippedMs, watchWall } from './support/wall-witness.ts';

const RATE = 48_000;

/** What the worklets hold, of `core/messages/credits.ts`. */
const BOUND_MS = 10_000;
const ON_ITS_WAY_MS = 680;

/** The two stalls: one that loses nothing, and how much longer than the bound the other is. */
const WITHIN_MS = 1500;
const BEYOND_MS = 1500;

/** What the witness sees at once: a moment is known to this. */
const LOOK_MS = 50;

/** Stands still as a long job does: nothing else runs in the worker meanwhile. From when to when, by the wall clock. */
function standStill(milliseconds: number): [fromMs: number, toMs: number] {
  const fromMs = Date.now();
  while (Date.now() < fromMs + milliseconds);
  return [fromMs, Date.now()];
}

test('[LOSS-10] an engine that stands still loses nothing up to the bound; beyond it one range of each track, to the frame', async () => {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page, troubles } = await openRecorderPage(browser, site);
  await watchWall(page);
  await startRulerSession(page);
  await heardFor(page, 500);

  const stalls = [await engineWorker(browser).evaluate(standStill, WITHIN_MS)];
  await caughtUp(page);
  const short = await page.evaluate(async () => ({ stats: await window.rig.session.stats(), gaps: window.rig.gaps }));
  stalls.push(await engineWorker(browser).evaluate(standStill, BOUND_MS + BEYOND_MS));
  await caughtUp(page);
  await heardFor(page, 500);
  const looks = await page.evaluate(() => window.wallLooks(window.rig.session.audioContext));
  const { gaps, errors, segments, stats } = await endRulerSession(page);
  const notAskedMs = await skippedMs(page);
  await browser.close();
  await site.close();
  // What there was to be taken meanwhile: where the machine stood still, nothing was.
  const [withinMs = NaN, beyondMs = NaN] = stalls.map(([fromMs, toMs]) => renderedMs(looks, fromMs, toMs, RATE));

  expect(troubles).toEqual([]);
  expect(errors).toEqual([]);
  expect(gapsWithoutStandstills(short.gaps, notAskedMs)).toEqual([]);
  const { user } = short.stats.queues;
  expect(user).toMatchObject({ lostMs: 0, boundMs: BOUND_MS });
  expect(user.mostMs).toBeGreaterThan(withinMs - ON_ITS_WAY_MS - 500);

  // Both tracks were let go, each by its own worklet.
  const lost = gapsWithoutStandstills(gaps, notAskedMs);
  expect(lost.map(({ cause, speaker }) => `${cause} ${speaker}`).toSorted(), JSON.stringify(gaps)).toEqual([
    'engine_stall bot',
    'engine_stall user',
  ]);
  const gap = lost.find(({ speaker }) => speaker === 'user');
  const lengthMs = (gap?.endMs ?? 0) - (gap?.startMs ?? 0);
  expect(lengthMs).toBeGreaterThan(beyondMs - BOUND_MS - ON_ITS_WAY_MS - 500);
  expect(lengthMs).toBeLessThan(beyondMs - BOUND_MS + LOOK_MS);
  expect(stats.queues.user.lostMs).toBeCloseTo(lengthMs, 6);

  // One file. What is missing of it is where the gaps say, and every other 10 ms has its number.
  const [segment] = segments;
  expect(segments).toHaveLength(1);
  if (!segment) throw new Error('Nothing was kept.');
  // The events count from the session's first frame, the segment from its own.
  const startMs = startMsOf(segment, stats);
  const told = gaps.filter(({ speaker, endMs }) => speaker !== 'bot' && endMs > startMs);
  expect(segment.gaps).toEqual(
    told.map((each) => ({
      cause: each.cause,
      startMs: expect.closeTo(Math.max(0, each.startMs - startMs), 3),
      endMs: expect.closeTo(each.endMs - startMs, 3),
    })),
  );
  const frame = (milliseconds: number): number => Math.round((milliseconds / 1000) * segment.sampleRate);
  const stalled = segment.gaps.filter(({ cause }) => cause === 'engine_stall');
  const sounds = (from: number, to: number): boolean => segment.audio.slice(from, to).some((sample) => sample !== 0);
  // Where a standstill lies right beside there is nothing to be heard.
  const isBare = (ms: number): boolean =>
    segment.gaps.filter((each) => each.startMs - 1 < ms && ms < each.endMs + 1).length === 1;
  for (const { startMs: from, endMs: to } of stalled) {
    expect(sounds(frame(from), frame(to))).toBe(false);
    // A ruler crosses zero for a sample or two.
    if (isBare(from)) expect(sounds(frame(from) - 4, frame(from))).toBe(true);
    if (isBare(to)) expect(sounds(frame(to), frame(to) + 4)).toBe(true);
  }
  const { faults, ticks } = rulerFaultsBetween(segment.audio, segment.gaps, segment.sampleRate);
  expect(ticks).toBeGreaterThan((withinMs + beyondMs - BEYOND_MS) / 10);
  if (stalled.length === 1) expect(faults.length).toBeGreaterThan(lengthMs / 10 - 3);
  for (const { atMs } of faults)
    expect(
      segment.gaps.some(({ startMs: from, endMs: to }) => atMs > from - 10 && atMs < to),
      `${atMs} ms`,
    ).toBe(true);
});
