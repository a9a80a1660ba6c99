import { type Page, expect, test } from '@playwright/test';
import { launchBrowser } from './support/launch-browser.ts';
import { noiseMicrophone } from './support/noise-microphone.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import { publicCalls } from './support/public-calls.ts';

/** What `pages/chaos.js` saw. */
interface ChaosResult {
  /** Calls whose promise had not settled after five seconds. */
  stuck: string[];
  /** Rejections that nobody took, on the page. */
  unhandled: string[];
  /** Rejections that are no TurntapeError. */
  untyped: string[];
  /** What the engine said of rejections that nobody took there. */
  engineFailures: string[];
  /** Every public call that it knows; those that it never made; those that were never answered with a value. */
  rows: string[];
  never: string[];
  refused: string[];
  /** Engines that died. */
  kills: number;
  done: number;
  slowest: string;
}

interface ChaosModule {
  chaos: (options: { seed: number; steps: number; forMs?: number }) => Promise<ChaosResult>;
}

/** What every engine listens to, in its own world: it dies of itself, as one does that has no memory left, or stands still. */
const AT_ITS_MERCY = `
new BroadcastChannel('chaos').addEventListener('message', ({ data: { die, stallMs } }) => {
  if (die) self.close();
  for (const until = performance.now() + (stallMs ?? 0); performance.now() < until;);
});
`;

async function harmEngines(page: Page): Promise<void> {
  await page.route('**/engine.worker.js*', async (route) => {
    const response = await route.fetch();
    const body = (await response.text()) + AT_ITS_MERCY;
    await route.fulfill({ contentType: 'text/javascript', body });
  });
}

for (const { seed, steps, forMs, tag } of [
  { seed: 1, steps: 200, forMs: undefined, tag: '' },
  { seed: 2, steps: 200, forMs: undefined, tag: '' },
  { seed: 3, steps: 1_000_000, forMs: 300_000, tag: ', five minutes @long' },
])
  test(`[LIFE-5] whatever is called in whatever order, every promise settles within five seconds and none is left unhandled: seed ${seed}${tag}`, async () => {
    test.setTimeout((forMs ?? 0) + 180_000);
    const calls = await publicCalls();
    const site = await openSite();
    const browser = await launchBrowser({ microphone: { file: await noiseMicrophone() } });
    const { page, troubles } = await openRecorderPage(browser, site);
    await harmEngines(page);
    const result = await page.evaluate(
      async (options) => {
        const name = './chaos.js';
        const { chaos } = (await import(name)) as ChaosModule;
        return chaos(options);
      },
      { seed, steps, ...(forMs && { forMs }) },
    );
    await browser.close();
    await site.close();

    test
      .info()
      .annotations.push(
        { type: 'calls', description: `${result.done} settled with a value, ${result.kills} engines died` },
        { type: 'slowest', description: result.slowest },
        { type: 'never answered with a value', description: result.refused.join(', ') },
      );
    expect(result.rows.toSorted()).toEqual(calls);
    expect(result.never).toEqual([]);
    expect(result.stuck).toEqual([]);
    expect(result.unhandled).toEqual([]);
    expect(result.untyped).toEqual([]);
    expect(result.engineFailures).toEqual([]);
    // It was a run, and not a row of refusals.
    expect(result.done).toBeGreaterThan(80);
    if (forMs) expect(result.refused).toEqual([]);
    expect(result.kills).toBeGreaterThan(0);
    expect(troubles).toEqual([]);
  });
