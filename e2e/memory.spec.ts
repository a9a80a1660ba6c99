import { type Page, expect, test } from '@playwright/test';
import { fastConversation, untilDelivered } from './support/fast-hour.ts';
import { type LineFault, startFaultProxy } from './support/fault-proxy.ts';
import { launchBrowser } from './support/launch-browser.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import { readRows } from './support/read-rows.ts';
import { startServer } from './support/start-server.ts';

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

/** The files that wait in the outbox: their number and bytes. */
function backlogOf(page: Page): Promise<{ segments: number; bytes: number }> {
  return page.evaluate(async () => {
    const items = await window.talk.recorder.outbox.items();
    const sizes = items.map(({ payload }) => (payload.kind === 'segment' ? payload.segment.byte_size : 0));
    return { segments: sizes.filter(Boolean).length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
  });
}

test(
  '[SEND-36] a backend that stands still for ten minutes of a conversation takes no memory: the backlog is on the disk, and arrives',
  { tag: '@long' },
  async () => {
    test.setTimeout(900_000);
    let fault: LineFault = 'none';
    await using server = await startServer();
    const site = await openSite();
    const proxy = await startFaultProxy({ api: server.url, site: site.url, decide: () => fault });
    const browser = await launchBrowser({ microphone: 'absent' });
    const { page } = await openRecorderPage(browser, proxy);
    const [warm, ...later] = await fastConversation(page, [2, 4, 6, 8, 10, 12], {
      backend: { base: `${proxy.url}/v1`, token: server.token },
      format: 'wav',
      async beforeLook(minute) {
        if (minute > 2) return;
        await untilDelivered(page);
        fault = 'hang';
      },
    });
    const grown = later.map(({ page, worker }) => page + worker - (warm?.page ?? NaN) - (warm?.worker ?? NaN));
    const backlog = await backlogOf(page);
    process.stdout.write(`${JSON.stringify({ warm, later, grown, backlog, hung: proxy.made.get('hang') })}\n`);
    // Ten minutes of the user alone are 57.6 MB at 48 kHz.
    expect(backlog.bytes).toBeGreaterThan(50 * MEGABYTE);
    expect(proxy.made.get('hang')).toBeGreaterThan(0);
    expect(Math.min(...grown.slice(-3)), `${grown.join()} bytes`).toBeLessThan(5 * MEGABYTE);

    fault = 'none';
    await page.evaluate(() => window.talk.recorder.outbox.retry());
    await untilDelivered(page);
    const { kept, acknowledged } = await page.evaluate(() => ({
      kept: window.counts.user + window.counts.bot,
      acknowledged: window.counts.acknowledged,
    }));
    expect(acknowledged).toBe(kept);
    await browser.close();
    await proxy.close();
    await site.close();
    await server.stop();
    const sum = 'select count(*)::integer as segments from session_audio_segments';
    expect(await readRows(server.dataFolder, sum)).toMatchObject([{ segments: kept }]);
  },
);
