import { expect, test } from '@playwright/test';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { checkRounds } from './support/check-rulers.ts';
import { type CutRulers, type CutRulersOptions, cutRulers } from './support/cut-rulers.ts';
import { launchBrowser } from './support/launch-browser.ts';
import { withoutMachineGaps } from './support/machine-gaps.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';

/** In a browser of its own. */
async function cutInChromium(options: CutRulersOptions): Promise<CutRulers> {
  const file = (await makeSpeech()).microphones['one-turn-48000']?.file ?? '';
  const site = await openSite();
  const browser = await launchBrowser({ microphone: { file } });
  const { page, troubles } = await openRecorderPage(browser, site);
  const result = await cutRulers(page, options);
  await browser.close();
  await site.close();
  expect(troubles).toEqual([]);
  expect(result.errors).toEqual([]);
  // The user's file ends before a hundred cuts do: its silence is a gap, and rightly so.
  const gaps = withoutMachineGaps(result.gaps, result.skippedMs).filter(({ cause }) => cause !== 'input_silent');
  expect(gaps).toEqual([]);
  return result;
}

for (const [cuts, tag] of [
  [8, ''],
  [100, ' @long'],
] as const) {
  for (const blocked of [false, true]) {
    test(`[HEAR-15] [HEAR-28] [PORT-6] ${cuts} cuts at random times, page ${blocked ? 'blocked' : 'idle'}: what is recorded is what was put out, to the frame${tag}`, async () => {
      test.setTimeout(300_000);
      const result = await cutInChromium({ cuts, blocked, seed: 3 });
      if (blocked) expect(result.longestBlockMs).toBeGreaterThanOrEqual(2000);
      expect(checkRounds(result)).toBeGreaterThanOrEqual(cuts);
      test.info().annotations.push({ type: 'rounds', description: `${result.rounds.length}` });
    });
  }
}

test('[HEAR-28] what was heard of a cut one is what was put out less the latency that the browser names, also of a longer one', async () => {
  const result = await cutInChromium({ cuts: 3, blocked: false, seed: 11, latencyHint: 'playback' });
  expect(checkRounds(result)).toBeGreaterThanOrEqual(3);
  const latencies = result.namedLatenciesMs;
  test.info().annotations.push({ type: 'output latency, ms', description: latencies.join(', ') });
  // Or all of it would be said of whatever was put out.
  expect(Math.max(...latencies)).toBeGreaterThan(0);
  const cut = result.rounds.flatMap(({ items }) => items.filter(({ done }) => done.interrupted && done.heardMs > 0));
  expect(cut.length).toBeGreaterThan(0);
  for (const { done } of cut) expect(done.heardMs).toBeLessThan(done.renderedMs);
});
