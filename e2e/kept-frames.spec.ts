import { expect, test } from '@playwright/test';
import { withoutMachineGaps } from './support/machine-gaps.ts';
import { openSite } from './support/open-site.ts';
import { type RawTab, launchRawTabs } from './support/raw-tabs.ts';
import { type RulerFault, caughtUp, endRulerSession, heardFor, startRulerSession } from './support/ruler-session.ts';
import { rulerFaultsBetween, stoodStillMs } from './support/standstills.ts';
import { skippedMs, watchWall } from './support/wall-witness.ts';

/** How long the page is harmed in each way, in milliseconds. */
for (const { tag, halfMs, blockMs, hiddenMs, throttledMs } of [
  { tag: '', halfMs: 3000, blockMs: 2000, hiddenMs: 2000, throttledMs: 2000 },
  { tag: ' @long', halfMs: 60_000, blockMs: 5000, hiddenMs: 60_000, throttledMs: 60_000 },
]) {
  test(`[KEEP-10] a page blocked half of the time, blocked at a stretch, hidden, throttled: every frame is kept, once, to the last${tag}`, async () => {
    test.setTimeout(360_000);
    const site = await openSite();
    const tabs = await launchRawTabs();
    const page = await tabs.open(`${site.url}/recorder.html`);
    await page.evaluate(ready);
    await watchWall(page);
    await startRulerSession(page);

    await page.evaluate(blockHalf);
    await heardFor(page, halfMs);
    await page.evaluate(() => clearInterval(Number(document.body.dataset['blocking'])));
    await page.evaluate((milliseconds) => {
      const until = performance.now() + milliseconds;
      while (performance.now() < until);
    }, blockMs);
    await caughtUp(page);

    const other = await tabs.open('about:blank');
    const before = await visibility(page);
    await heardFor(page, hiddenMs);
    const after = await visibility(page);
    await other.send('Page.close');

    await page.send('Emulation.setCPUThrottlingRate', { rate: 4 });
    await heardFor(page, throttledMs);
    const { segments, gaps, errors, stopFrame } = await endRulerSession(page);
    const notAskedMs = await skippedMs(page);
    await tabs.close();
    await site.close();

    expect([before, after]).toEqual(['hidden', 'hidden']);
    expect(errors).toEqual([]);
    expect(withoutMachineGaps(gaps, notAskedMs)).toEqual([]);
    const [segment] = segments;
    expect(segments).toHaveLength(1);
    if (!segment) throw new Error('Nothing was kept.');
    expect(withoutMachineGaps(segment.gaps, notAskedMs)).toEqual([]);
    // Every 10 ms by its number: a single frame more or less would smear all that follow.
    const { faults, ticks } = rulerFaultsBetween(segment.audio, segment.gaps, segment.sampleRate);
    const isSkipped = ({ atMs }: RulerFault): boolean =>
      segment.gaps.some((gap) => gap.cause === 'blocks_lost' && atMs > gap.startMs - 10 && atMs < gap.endMs);
    expect(
      faults.filter((fault) => !isSkipped(fault)),
      JSON.stringify(segment.gaps),
    ).toEqual([]);
    // Where the machine stood still there was nothing to be kept.
    const stillMs = stoodStillMs(segment.gaps);
    expect(ticks).toBeGreaterThan((halfMs + blockMs + hiddenMs + throttledMs - stillMs) / 10);
    expect(segment.audio.length).toBe(segment.endFrame - segment.startFrame);
    // The tail is complete: what had been captured when stop() was called is in the file.
    expect(segment.endFrame).toBeGreaterThanOrEqual(stopFrame);
  });
}

/** Runs in the page. */
async function ready(): Promise<void> {
  while (!('turntape' in window)) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Runs in the page: it stands still for a second of every two. */
function blockHalf(): void {
  const timer = window.setInterval(() => {
    const until = performance.now() + 1000;
    while (performance.now() < until);
  }, 2000);
  document.body.dataset['blocking'] = String(timer);
}

function visibility(page: RawTab): Promise<string> {
  return page.evaluate(() => document.visibilityState);
}
