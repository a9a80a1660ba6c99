import { expect, test } from '@playwright/test';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { checkRound } from './support/check-rulers.ts';
import { cutRulers } from './support/cut-rulers.ts';
import { launchBrowser } from './support/launch-browser.ts';
import { withoutMachineGaps } from './support/machine-gaps.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';

for (const [rounds, tag] of [
  [10, ''],
  [100, ' @long'],
] as const) {
  for (const blocked of [false, true]) {
    test(`[HEAR-15] [PORT-6] ${rounds} cuts at random times, page ${blocked ? 'blocked' : 'idle'}: what is recorded is what was put out, to the frame${tag}`, async () => {
      test.setTimeout(300_000);
      const file = (await makeSpeech()).microphones['one-turn-48000']?.file ?? '';
      const site = await openSite();
      const browser = await launchBrowser({ microphone: { file } });
      const { page, troubles } = await openRecorderPage(browser, site);
      const result = await cutRulers(page, { rounds, blocked, seed: 3 });
      await browser.close();
      await site.close();

      expect(troubles).toEqual([]);
      expect(result.errors).toEqual([]);
      expect(withoutMachineGaps(result.gaps, result.skippedMs)).toEqual([]);
      if (blocked) expect(result.longestBlockMs).toBeGreaterThanOrEqual(2000);
      expect(result.rounds).toHaveLength(rounds);
      let interruptions = 0;
      for (const round of result.rounds) interruptions += checkRound(round, result.sampleRate);
      // A cut that comes when everything is said, or before a busy machine has said anything, cuts nothing; most come between.
      expect(interruptions).toBeGreaterThan(rounds / 2);
    });
  }
}
