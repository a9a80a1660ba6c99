import { expect, test } from '@playwright/test';
import { launchBrowser } from './support/launch-browser.ts';
import { fillSession, makeAndForget } from './support/long-session.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';

const MEGABYTE = 2 ** 20;

test(
  '[EXPORT-14] an hour into a stream takes no more memory at its end than after a quarter, passed through or made anew',
  { tag: '@long' },
  async () => {
    test.setTimeout(1_800_000);
    const site = await openSite();
    const browser = await launchBrowser({ microphone: 'absent' });
    const { page } = await openRecorderPage(browser, site);
    const { sessionId } = await fillSession(page, 60);
    for (const options of [
      { layout: 'stereo', format: 'opus' },
      { layout: 'stereo', format: 'wav' },
      { layout: 'mono', format: 'opus' },
      { layout: 'stereo', format: 'mp3' },
    ] as const) {
      const looks = [15, 30, 45, 60];
      const { durationMs, bytes, held } = await makeAndForget(browser, site, { sessionId, options, looks });
      const [before = 0, ...all] = held.map((at) => at.page + at.worker);
      const megabytes = all.map((each) => (each / MEGABYTE).toFixed(1)).join(', ');
      process.stdout.write(`${options.layout} ${options.format}: ${bytes} bytes; held, in MB: ${megabytes}\n`);
      expect(durationMs).toBe(3_600_000);
      expect(all).toHaveLength(4);
      // What is under way at a look (a piece, a batch of chunks, the decoder's queue) is a few seconds of audio.
      expect(Math.max(...all.slice(1)) - (all[0] ?? 0), megabytes).toBeLessThan(4 * MEGABYTE);
      expect(Math.max(...all) - before, megabytes).toBeLessThan(40 * MEGABYTE);
    }
    await browser.close();
    await site.close();
  },
);
