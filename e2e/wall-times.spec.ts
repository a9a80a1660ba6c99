import { expect, test } from '@playwright/test';
import { launchBrowser } from './support/launch-browser.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import { endRulerSession, engineWorker, heardFor, startRulerSession } from './support/ruler-session.ts';

/** Where the capture clock's frame 0 lies on the wall, by the engine and by the page itself. */
interface Anchors {
  epochs: number;
  engineMs: number;
  pageMs: number;
}

test('[CONTEXT-6] after a suspension, an interruption and a crash of the engine the wall times of what follows are right to 5 ms', async () => {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page, troubles } = await openRecorderPage(browser, site);
  await startRulerSession(page);
  await heardFor(page, 1000);
  const anchors = [await page.evaluate(readAnchors)];

  await page.evaluate(standStill, { milliseconds: 1100, interrupted: false });
  await heardFor(page, 1000);
  anchors.push(await page.evaluate(readAnchors));
  await page.evaluate(standStill, { milliseconds: 900, interrupted: true });
  await heardFor(page, 1000);
  anchors.push(await page.evaluate(readAnchors));
  await engineWorker(browser).evaluate(() => self.close());
  await heardFor(page, 1000);
  anchors.push(await page.evaluate(readAnchors));
  const { gaps, segments } = await endRulerSession(page);
  await browser.close();
  await site.close();

  expect(troubles).toEqual([]);
  expect(anchors.map(({ epochs }) => epochs)).toEqual([1, 2, 3, 3]);
  for (const { engineMs, pageMs } of anchors) expect(Math.abs(engineMs - pageMs)).toBeLessThan(5);
  expect(gaps.map(({ cause }) => cause).filter((cause) => cause !== 'engine_crash')).toEqual([
    'context_suspended',
    'context_interrupted',
  ]);
  // The turn that goes on after all of it says when it did by the clock of that moment.
  const last = segments.findLast(({ speaker }) => speaker === 'user');
  const { engineMs = 0 } = anchors.at(-1) ?? {};
  const startedMs = engineMs + ((last?.startFrame ?? 0) / (last?.clockRate ?? 1)) * 1000;
  expect(Math.abs((last?.startedAt ?? 0) - startedMs)).toBeLessThan(5);
});

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

/** Runs in the page: an independent view of when a frame was, by the page's own clocks at their least delay. */
async function readAnchors(): Promise<Anchors> {
  const { session } = window.rig;
  let pageMs = Infinity;
  for (let each = 0; each < 120; each += 1) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    pageMs = Math.min(pageMs, Date.now() - session.audioContext.currentTime * 1000);
  }
  const { epochs } = await session.stats();
  const anchor = epochs.at(-1)?.wallAnchor ?? { frame: 0, wallMs: 0 };
  return { epochs: epochs.length, engineMs: anchor.wallMs - (anchor.frame / 48_000) * 1000, pageMs };
}
