import { expect, test } from '@playwright/test';
import type { GapEvent } from 'turntape';
import { launchBrowser } from './support/launch-browser.ts';
import { withoutMachineGaps } from './support/machine-gaps.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import { endRulerSession, engineWorker, heardFor, startRulerSession } from './support/ruler-session.ts';
import { type WallAnchor, skippedMs, wallErrorMs, watchWall, witnessedMs } from './support/wall-witness.ts';

/** Only the machine is that short: both standstills of ours are longer. */
const OURS_MS = 800;

const isOurs = ({ startMs, endMs }: GapEvent): boolean => endMs - startMs > OURS_MS;

/** A machine that stands still twice at the crash leaves the last turn an epoch that is too short to be witnessed: held anew, so often at most. */
const HELD_AT_MOST = 4;

test('[CONTEXT-6] after a suspension, an interruption and a crash of the engine the wall times of what follows are right to 5 ms', async () => {
  let errorMs: number | undefined;
  for (let held = 0; held < HELD_AT_MOST && errorMs === undefined; held += 1) errorMs = await lastTurnErrorMs();
  expect(Math.abs(errorMs ?? NaN)).toBeLessThan(5);
});

/**
 * Holds a session with all three, looks at the epochs, and gives by how much the start of the last turn is wrong. Undefined: the machine
 * stood still just then, and its epoch was too short for a witness.
 */
async function lastTurnErrorMs(): Promise<number | undefined> {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page, troubles } = await openRecorderPage(browser, site);
  await watchWall(page);
  await startRulerSession(page);
  await heardFor(page, 1000);
  const anchors = [await page.evaluate(readAnchor)];

  await page.evaluate(standStill, { milliseconds: 1100, interrupted: false });
  await heardFor(page, 1000);
  anchors.push(await page.evaluate(readAnchor));
  await page.evaluate(standStill, { milliseconds: 900, interrupted: true });
  await heardFor(page, 1000);
  anchors.push(await page.evaluate(readAnchor));
  await engineWorker(browser).evaluate(() => self.close());
  await heardFor(page, 1000);
  anchors.push(await page.evaluate(readAnchor));
  const { gaps, segments, stats } = await endRulerSession(page);
  const notAskedMs = await skippedMs(page);
  await browser.close();
  await site.close();

  expect(troubles).toEqual([]);
  // A machine that stands still for a moment leaves an epoch and a gap of its own.
  const others = gaps.filter((gap) => gap.cause !== 'engine_crash' && !isOurs(gap));
  expect(withoutMachineGaps(others, notAskedMs)).toEqual([]);
  const ofMachine = anchors.map(
    ({ gaps: until }) =>
      until.filter((gap) => gap.cause === 'context_suspended' && !gap.speaker && !isOurs(gap)).length,
  );
  expect(anchors.map(({ epochs }, index) => epochs - (ofMachine[index] ?? 0))).toEqual([1, 2, 3, 3]);
  for (const anchor of anchors) expect(Math.abs(wallErrorMs(anchor))).toBeLessThan(5);
  expect(gaps.filter((gap) => gap.cause !== 'engine_crash' && isOurs(gap)).map(({ cause }) => cause)).toEqual([
    'context_suspended',
    'context_interrupted',
  ]);
  // The turn that goes on after all of it says when it did by the clock of that moment.
  const last = segments.findLast(({ speaker }) => speaker === 'user');
  const epoch = stats.epochs[last?.clockEpoch ?? NaN];
  if (!last || !epoch) throw new Error('The last turn is in no epoch.');
  const next = stats.epochs[last.clockEpoch + 1];
  const zeroMs = witnessedMs(anchors.at(-1)?.looks ?? [], epoch.startFrame, next?.startFrame);
  if (zeroMs === undefined) return undefined;
  return last.startedAt - zeroMs - (last.startFrame / last.clockRate) * 1000;
}

/** Runs in the page: the context stands still, by the app or by the system. */
async function standStill({
  milliseconds,
  interrupted,
}: {
  milliseconds: number;
  interrupted: boolean;
}): Promise<void> {
  const { audioContext } = window.rig.session;
  // Chromium has no such state, so the word is put in its mouth.
  if (interrupted) Object.defineProperty(audioContext, 'state', { configurable: true, get: () => 'interrupted' });
  await audioContext.suspend();
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  await audioContext.resume();
  if (!interrupted) return;
  delete (audioContext as { state?: unknown }).state;
  audioContext.dispatchEvent(new Event('statechange'));
}

/** Runs in the page. */
function readAnchor(): Promise<WallAnchor> {
  return window.wallAnchor(window.rig.session);
}
