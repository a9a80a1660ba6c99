import { expect, test } from '@playwright/test';
import { fastConversation } from './support/fast-hour.ts';
import { launchBrowser } from './support/launch-browser.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';

const MEGABYTE = 2 ** 20;

/**
 * Bytes that page and engine hold more at the end than at the first look. What is under way at a look (the engine is fed ten
 * times as fast as it is made for) is no growth: the least of the last three looks counts.
 */
async function growth(stops: readonly number[]): Promise<{ page: number; worker: number; turns: number }> {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page } = await openRecorderPage(browser, site);
  const [warm, ...later] = await fastConversation(page, stops);
  const counts = await page.evaluate(() => window.counts);
  await browser.close();
  await site.close();
  expect(counts.errors).toEqual([]);
  const grown = (world: 'page' | 'worker'): number =>
    Math.min(...later.slice(-3).map((each) => each[world])) - (warm?.[world] ?? NaN);
  process.stdout.write(`${JSON.stringify([warm, ...later])} ${counts.user} + ${counts.bot} segments\n`);
  return { page: grown('page'), worker: grown('worker'), turns: counts.user + counts.bot };
}

test(
  '[MEM-1] page and engine hold less than 5 MB more after an hour of a conversation than after ten minutes',
  { tag: '@long' },
  async () => {
    test.setTimeout(1_800_000);
    const { page, worker, turns } = await growth([10, 20, 30, 40, 50, 60]);
    // 24 parts of the user and up to 12 answers in a minute.
    expect(turns).toBeGreaterThan(1500);
    expect(page + worker, `page ${page}, engine ${worker} bytes`).toBeLessThan(5 * MEGABYTE);
  },
);
