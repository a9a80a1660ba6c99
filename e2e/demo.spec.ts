import { type BrowserContext, type Page, expect, test } from '@playwright/test';
import type { TurnTapePlayer } from '@turntape/element/player';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { launchBrowser } from './support/launch-browser.ts';
import { roomMicrophone } from './support/noise-microphone.ts';
import { collectTroubles } from './support/open-recorder-page.ts';
import { type RunningDemo, startDemo } from './support/start-demo.ts';

/** The demo as a visitor meets it, started as the README says. One conversation, looked at from several sides. */

test.describe.configure({ mode: 'serial' });

/** Everything here waits for facts; a busy machine may take its time. */
const SOON = { timeout: 60_000 };

let demo: RunningDemo;
let context: BrowserContext;
let page: Page;
let troubles: string[];

test.beforeAll(async () => {
  demo = await startDemo();
  const speech = (await makeSpeech()).microphones['one-turn-48000']?.file ?? '';
  const file = await roomMicrophone(speech, 48_000);
  context = await launchBrowser({ microphone: { file } });
  page = context.pages()[0] ?? (await context.newPage());
  troubles = collectTroubles(page);
  await page.goto(demo.url);
});

test.afterAll(async () => {
  await context.close();
  await demo.stop();
});

const press = (name: string): Promise<void> => page.getByTestId(`trouble-${name}`).click();
const news = () => page.getByTestId('trouble-news');
const proof = () => page.getByTestId('proof');

test('[DEMO-13] [DEMO-17] disk full, plug pulled, server killed, page frozen: all is kept here, and both sides are the same in the end', async () => {
  await page.getByRole('button', { name: 'Agree and start' }).click();
  await expect(page.locator('turn-tape')).toHaveAttribute('phase', 'recording', SOON);
  await press('disk');
  await expect(page.getByTestId('trouble-disk')).toHaveText(/Make room/);
  await press('plug');
  await expect(page.getByTestId('server-state')).toHaveText('Offline');
  await press('server');
  await expect(news()).toContainText('The server is dead', SOON);
  // A machine that stands still beside it has something missing of its own: again.
  await expect(async () => {
    await press('block');
    await expect(news()).toContainText('nothing is missing', { timeout: 15_000 });
  }).toPass({ timeout: 60_000 });
  await press('disk');

  // The user spoke, and cut the greeting off; nothing of it has left.
  await expect(proof()).toHaveAttribute('data-tone', 'warn', SOON);
  await expect.poll(async () => Number(await proof().getAttribute('data-device')), SOON).toBeGreaterThanOrEqual(2);
  await expect(proof()).toHaveAttribute('data-server', '0');

  await press('server');
  await expect(news()).toContainText('up again', SOON);
  await press('plug');
  // The session has run since the player chose it, when there was nothing of it yet.
  await page.getByRole('tab', { name: 'Listen' }).click();
  const bars = () => page.locator('turn-tape-player').evaluate((player: TurnTapePlayer) => player.stats.painted.bars);
  await expect.poll(bars, SOON).toBeGreaterThan(20);
  await page.getByRole('tab', { name: 'Both sides' }).click();
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.locator('turn-tape')).toHaveAttribute('phase', 'ended', SOON);
  await expect(proof()).toHaveAttribute('data-tone', 'good', { timeout: 90_000 });
  const [device, server] = [await proof().getAttribute('data-device'), await proof().getAttribute('data-server')];
  expect(server).toBe(device);
  // What the machine and the browser did by themselves: see `support/machine-gaps.ts` and LOSS-7.
  const gaps = page.getByTestId('tape').locator('.tape-gap:not(.whole)');
  const told = await gaps.evaluateAll((all) => all.map((gap) => gap.getAttribute('title') ?? ''));
  expect(told.filter((title) => !/context suspended|blocks lost/.test(title))).toEqual([]);
  expect(troubles.filter((line) => !line.startsWith('Failed to load resource'))).toEqual([]);
});

test('[DEMO-14] it can be installed, starts without a network, and has everything that was said', async () => {
  const rows = await page.getByTestId('device-row').count();
  expect(rows).toBeGreaterThanOrEqual(2);
  const manifest = await page.evaluate(async () => {
    const { href = '' } = document.querySelector<HTMLLinkElement>('link[rel=manifest]') ?? {};
    await navigator.serviceWorker.ready;
    const { name, display, icons } = await (await fetch(href)).json();
    const sizes = await Promise.all(
      icons.map(async ({ src, sizes }: { src: string; sizes: string }) => ((await fetch(src)).ok ? sizes : 'missing')),
    );
    return { name, display, sizes };
  });
  expect(manifest).toEqual({
    name: 'Turntape demo',
    display: 'standalone',
    sizes: ['192x192', '512x512', '512x512', 'any'],
  });

  await context.setOffline(true);
  await page.reload();
  await expect(page.getByTestId('server-state')).toHaveText('Offline');
  await expect(page.getByTestId('device-row')).toHaveCount(rows, SOON);
  await expect(page.getByTestId('tape').locator('.tape-turn')).not.toHaveCount(0);
  await expect(page.getByText('waiting', { exact: true })).toBeVisible(SOON);
  await context.setOffline(false);
});

test('[DEMO-15] consent is withdrawn: it ends, and everything can be erased on both sides', async () => {
  await page.reload();
  await press('consent');
  await expect(news()).toContainText('cannot start before somebody agrees', SOON);
  await page.getByRole('button', { name: 'Erase everything' }).click();
  await expect(page.getByTestId('device-row')).toHaveCount(0, SOON);
  await expect(proof()).toHaveAttribute('data-device', '0', SOON);
  await expect(page.getByText('nothing waits')).toBeVisible(SOON);
});
