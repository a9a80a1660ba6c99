import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, type Page, expect, test } from '@playwright/test';
import type { Recorder } from 'turntape';
import { ROOT } from '../scripts/run.mjs';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { type FaultProxy, startFaultProxy } from './support/fault-proxy.ts';
import { type FilledSegment, fillOutbox } from './support/fill-outbox.ts';
import { launchBrowser } from './support/launch-browser.ts';
import { collectTroubles } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import { readRows } from './support/read-rows.ts';
import { type TestServer, startServer } from './support/start-server.ts';

/** What is kept reaches the backend without the page that kept it. */

type RecorderWindow = Window & { recorder: Recorder };

interface Background {
  context: BrowserContext;
  page: Page;
  /** A page that stays when the recorder's is closed, and from which the browser is asked. */
  other: Page;
  proxy: FaultProxy;
  server: TestServer;
  filled: FilledSegment[];
  /** Who asked for a token: `worker <session>`, `page <session>`. */
  tokens: string[];
  /** Posts of segments that went to the server. */
  posts: () => number;
}

/** A recorder of this page delivers, with tokens of its own. */
async function startDelivery(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const { createRecorder, httpTarget } = window.turntape;
    const target = httpTarget('/v1', {
      headers: async ({ sessionId }) => {
        const token = (await (await fetch(`/control/token/page/${sessionId}`)).json()) as string;
        return { authorization: `Bearer ${token}` };
      },
    });
    const recorder = await createRecorder({ vad: { model: 'energy' }, target, backgroundSync: true });
    Object.assign(window, { recorder });
  });
}

/** A page with a service worker and a backlog, whose recorder is paused. */
async function withBackground(work: (background: Background) => Promise<void>): Promise<void> {
  await using server = await startServer();
  const site = await openSite();
  const tokens: string[] = [];
  let posts = 0;
  const proxy = await startFaultProxy({
    api: server.url,
    site: site.url,
    decide: ({ method, path }) => {
      if (method === 'POST' && path.endsWith('/segments')) posts += 1;
      return 'none';
    },
    control: (path) => {
      const [, who, sessionId] = path.split('/');
      tokens.push(`${who} ${sessionId}`);
      return server.token;
    },
  });
  const context = await launchBrowser({ microphone: 'absent' });
  await context.grantPermissions(['background-sync'] as string[], { origin: proxy.url });
  const other = context.pages()[0] ?? (await context.newPage());
  const page = await context.newPage();
  await page.goto(`${proxy.url}/recorder.html`);
  await page.waitForFunction(() => 'turntape' in window);
  await page.evaluate(async () => {
    await navigator.serviceWorker.register('/background-worker.js', { type: 'module' });
    await navigator.serviceWorker.ready;
  });
  await startDelivery(page);
  await page.evaluate(() => (window as unknown as RecorderWindow).recorder.outbox.pause());
  const filled = await fillOutbox(page, { sessions: 3, segments: 5 });
  // The recorder looks, and knows that there is something to be sent.
  await page.evaluate(async () => {
    const { recorder } = window as unknown as RecorderWindow;
    const seen = new Promise<void>((resolve) => recorder.on('outbox', ({ pending }) => pending > 0 && resolve()));
    await recorder.outbox.retry('none');
    await seen;
  });
  await work({ context, page, other, proxy, server, filled, tokens, posts: () => posts });
  await context.close();
  await proxy.close();
  await site.close();
  await server.stop();
  const rows = await readRows<{ segment_id: string }>(
    server.dataFolder,
    'select segment_id from session_audio_segments',
  );
  expect(rows.map(({ segment_id }) => segment_id).toSorted()).toEqual(
    filled.map(({ segmentId }) => segmentId).toSorted(),
  );
}

/** Waits until the server has so many segments. */
async function untilStored({ url, token }: TestServer, filled: readonly FilledSegment[]): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const isStored = async ({ segmentId }: FilledSegment): Promise<boolean> => {
    const answer = await fetch(`${url}/v1/segments/${segmentId}/audio`, { method: 'HEAD', headers });
    return answer.ok;
  };
  await expect
    .poll(async () => (await Promise.all(filled.map(isStored))).filter(Boolean).length, { timeout: 60_000 })
    .toBe(filled.length);
}

/** Has the browser call the service worker, as it does when a network comes. */
async function dispatchSync({ context, other, proxy }: Background): Promise<void> {
  const devtools = await context.newCDPSession(other);
  const registrations: { registrationId: string; scopeURL: string }[] = [];
  devtools.on('ServiceWorker.workerRegistrationUpdated', (event) => registrations.push(...event.registrations));
  await devtools.send('ServiceWorker.enable');
  await expect.poll(() => registrations.find(({ scopeURL }) => scopeURL.startsWith(proxy.url))).toBeDefined();
  const { registrationId = '' } = registrations.find(({ scopeURL }) => scopeURL.startsWith(proxy.url)) ?? {};
  const event = { origin: proxy.url, registrationId, tag: 'turntape:outbox', lastChance: false };
  await devtools.send('ServiceWorker.dispatchSyncEvent', event);
}

test('[SW-1] the page is closed: the service worker empties the outbox, with a target and tokens of its own', async () => {
  await withBackground(async (background) => {
    const { page, server, filled, tokens, posts } = background;
    expect(posts()).toBe(0);
    // As a person closes it: nobody calls the service worker by hand.
    await Promise.all([page.waitForEvent('close'), page.close({ runBeforeUnload: true })]);
    await untilStored(server, filled);
    expect(posts()).toBe(filled.length);
    expect(tokens.every((asked) => asked.startsWith('worker '))).toBe(true);
    // Each session's own.
    expect(new Set(tokens).size).toBe(3);
  });
});

test('[SW-2] two tabs and the service worker send together, and nothing goes twice', async () => {
  await withBackground(async (background) => {
    const { page, other, proxy, server, filled, tokens, posts } = background;
    await other.goto(`${proxy.url}/recorder.html`);
    await other.waitForFunction(() => 'turntape' in window);
    const dispatched = dispatchSync(background);
    await Promise.all([
      startDelivery(other),
      page.evaluate(() => (window as unknown as RecorderWindow).recorder.outbox.resume()),
    ]);
    await dispatched;
    await untilStored(server, filled);
    for (const tab of [page, other])
      await expect
        .poll(() => tab.evaluate(() => (window as unknown as RecorderWindow).recorder.outbox.pending()))
        .toBe(0);
    expect(posts()).toBe(filled.length);
    expect(tokens.length).toBeGreaterThan(0);
  });
});

test('[SW-3] an app shell starts and records without a network, and delivers when there is one', async () => {
  await using server = await startServer();
  const folder = await mkdtemp(join(tmpdir(), 'turntape-token-'));
  await writeFile(join(folder, 'token'), server.token);
  const site = await openSite({
    server: server.url,
    folders: {
      '/': join(ROOT, 'demo', 'examples', 'offline'),
      '/turntape/': join(ROOT, 'packages', 'sdk', 'dist'),
      '/token': join(folder, 'token'),
    },
  });
  const microphone = { file: (await makeSpeech()).microphones['one-turn-48000']?.file ?? '' };
  const context = await launchBrowser({ microphone });
  const page = context.pages()[0] ?? (await context.newPage());
  const troubles = collectTroubles(page);
  await page.goto(site.url);
  await page.getByText('ready', { exact: true }).waitFor();

  await context.setOffline(true);
  await page.reload();
  await page.getByText('ready', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.locator('#kept')).toHaveText('1', { timeout: 30_000 });
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByText('stopped').waitFor();
  await expect(page.locator('#waiting')).not.toHaveText('0');

  await context.setOffline(false);
  await expect(page.locator('#waiting')).toHaveText('0', { timeout: 60_000 });
  await context.close();
  await site.close();
  await server.stop();
  // Requests that found no network are errors of the console, and nothing else was.
  expect(troubles.filter((line) => !line.startsWith('Failed to load resource: net::'))).toEqual([]);
  const rows = await readRows<{ speaker: string; duration_ms: number }>(
    server.dataFolder,
    'select speaker, duration_ms from session_audio_segments',
  );
  expect(rows).toHaveLength(1);
  expect(rows[0]?.duration_ms).toBeGreaterThan(1000);
  await rm(folder, { recursive: true, force: true });
});
