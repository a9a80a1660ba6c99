import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BrowserContext, type Page, expect, test } from '@playwright/test';
import type { OutboxProgress, Recorder } from 'turntape';
import { type FaultProxy, type LineFault, startFaultProxy } from './support/fault-proxy.ts';
import { type FillOptions, type FilledSegment, fillOutbox } from './support/fill-outbox.ts';
import { launchBrowser } from './support/launch-browser.ts';
import { openSite } from './support/open-site.ts';
import { readRows } from './support/read-rows.ts';
import { type TestServer, startServer } from './support/start-server.ts';

/** A backlog, a line that breaks in every way it can, and the real server behind it. */

type ChaosWindow = Window & { recorder: Recorder; progress: OutboxProgress; errors: string[] };

/** Of each forty requests: every fault at least once, a third of all. */
const DECK: readonly (readonly [times: number, fault: LineFault])[] = [
  [3, 'lost-answer'],
  [2, 'cut-body'],
  [2, 'unreachable'],
  [1, 'hang'],
  [1, 'slow'],
  [1, { status: 413, body: { error: { code: 'too_large', message: 'planted' } } }],
  [2, { status: 500 }],
  [1, { status: 503, headers: { 'retry-after': '1' } }],
  [1, { status: 503, body: { error: { code: 'busy', message: 'planted', retry_after_ms: 200 } } }],
  [26, 'none'],
];
const NAMES = ['lost-answer', 'cut-body', 'unreachable', 'hang', 'slow', '413', '500', '503'];

/** Deals the deck, shuffled by a seed, over and over. */
function dealer(seed: number): () => LineFault {
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  let left: LineFault[] = [];
  return () => {
    if (left.length === 0) {
      const cards = DECK.flatMap(([times, fault]) => Array.from({ length: times }, () => ({ fault, at: random() })));
      left = cards.toSorted((a, b) => a.at - b.at).map(({ fault }) => fault);
    }
    return left.pop() ?? 'none';
  };
}

/** The part of each wait's ceiling that chance may use. */
const JITTER = 0.05;

/** So long nothing may stand still: the longest wait is a twentieth of a minute, the longest request 3 s. */
const STALL_MS = 30_000;

interface Chaos {
  context: BrowserContext;
  page: Page;
  proxy: FaultProxy;
  server: TestServer;
  filled: FilledSegment[];
}

/** Runs `work` on a page with a full outbox, whose recorder has not begun to send; then looks at what the server has. */
async function withBacklog(fill: FillOptions, work: (chaos: Chaos) => Promise<void>): Promise<FaultProxy> {
  await using server = await startServer();
  const site = await openSite();
  const deal = dealer(20_261_121);
  const proxy = await startFaultProxy({
    api: server.url,
    site: site.url,
    decide: ({ method }) => (method === 'POST' ? deal() : 'none'),
  });
  const context = await launchBrowser({ microphone: 'absent' });
  const page = context.pages()[0] ?? (await context.newPage());
  // Chance spreads devices over up to a minute, longer than this test has: it is of order and proof, and waits are SEND-1's.
  await page.addInitScript((part) => {
    const random = Math.random.bind(Math);
    Math.random = () => random() * part;
  }, JITTER);
  await page.goto(`${proxy.url}/recorder.html`);
  await page.waitForFunction(() => 'turntape' in window);
  // Makes the database, and goes.
  await page.evaluate(async () => {
    const recorder = await window.turntape.createRecorder({ vad: { model: 'energy' } });
    await recorder.dispose();
  });
  const filled = await fillOutbox(page, fill);
  await work({ context, page, proxy, server, filled });
  await expectWhole(page, filled);
  await context.close();
  await proxy.close();
  await site.close();
  await server.stop();
  await expectStored(server, filled);
  return proxy;
}

/** Lets a recorder of this page deliver; what is refused on the way (a planted 413) is retried, as a person would. */
async function startDelivery(page: Page, url: string, token: string): Promise<void> {
  if (!page.url().startsWith(`${url}/recorder.html`)) await page.goto(`${url}/recorder.html`);
  await page.waitForFunction(() => 'turntape' in window);
  await page.evaluate(async (bearer) => {
    const { createRecorder, httpTarget } = window.turntape;
    const headers = () => ({ authorization: `Bearer ${bearer}` });
    // A line that hangs is given up sooner than after the half minute that a real one gets.
    const target = httpTarget('/v1', { headers, timeoutMs: 2000 });
    const recorder = await createRecorder({ vad: { model: 'energy' }, target });
    const errors: string[] = [];
    recorder.on('error', ({ error: { code, message } }) => {
      errors.push(`${Math.round(performance.now())} ms ${code}: ${message}`);
      errors.splice(0, errors.length - 20);
    });
    recorder.on('outbox', (progress) => {
      Object.assign(window, { progress });
      if (progress.pending === 0 && progress.rejected > 0) void recorder.outbox.retry();
    });
    Object.assign(window, { recorder, errors });
    await recorder.outbox.retry();
  }, token);
}

function isDownTo(most: number): boolean {
  const { progress } = window as unknown as ChaosWindow;
  return progress !== undefined && progress.pending <= most && (most > 0 || progress.rejected === 0);
}

/** Waits until no more than so many items are pending. When nothing moves for a minute, it says where everything stands. */
async function untilPending({ page, proxy }: Chaos, most: number): Promise<void> {
  const movedAt = (): Promise<string> =>
    page.evaluate(() => JSON.stringify((window as unknown as ChaosWindow).progress ?? null));
  for (let before = ''; ;) {
    const isThere = await page
      .waitForFunction(isDownTo, most, { timeout: STALL_MS, polling: 100 })
      .then(() => true)
      .catch((error: Error) => error.name !== 'TimeoutError' && Promise.reject(error));
    if (isThere) return;
    const now = `${await movedAt()} ${proxy.made.size} ${[...proxy.made.values()].join()}`;
    if (now === before) throw new Error(`the outbox stands still: ${await whereItStands(page, proxy)}`);
    before = now;
  }
}

/** Everything that could hold it up: the rows, what the uploader knows, who has the lock, what the line has in hand. */
async function whereItStands(page: Page, { open }: FaultProxy): Promise<string> {
  const seen = await page.evaluate(async () => {
    const { recorder, progress, errors } = window as unknown as ChaosWindow;
    const { held, pending } = await navigator.locks.query();
    const items = (await recorder.outbox.items()).map(({ seq, sessionId, kind, state, attempts, retryAt, error }) => {
      const restsMs = retryAt === undefined ? undefined : retryAt - Date.now();
      return { seq, sessionId, kind, state, attempts, restsMs, code: error?.code };
    });
    const { progress: now } = recorder.outbox;
    return { atMs: performance.now(), isOnline: navigator.onLine, now, told: progress, held, pending, errors, items };
  });
  return JSON.stringify({ ...seen, onTheLine: [...open] }, null, 1);
}

/** Nothing is left in the outbox, and every row says so. */
async function expectWhole(page: Page, filled: readonly FilledSegment[]): Promise<void> {
  const { left, states } = await page.evaluate(async () => {
    const { recorder } = window as unknown as ChaosWindow;
    const sessions = await recorder.sessions();
    const left = (await recorder.outbox.items()).length;
    const states = sessions.flatMap(({ segments }) => segments.map(({ deliveryState }) => deliveryState));
    await recorder.dispose();
    return { left, states };
  });
  expect(left).toBe(0);
  expect(states).toHaveLength(filled.length);
  expect(states.every((state) => state === 'acknowledged')).toBe(true);
}

/** Every segment is there once, with the bytes that it had. */
async function expectStored({ dataFolder }: TestServer, filled: readonly FilledSegment[]): Promise<void> {
  const rows = await readRows<{ segment_id: string; audio_url: string }>(
    dataFolder,
    'select segment_id, audio_url from session_audio_segments',
  );
  const stored = await Promise.all(
    rows.map(async ({ segment_id, audio_url }) => {
      const bytes = await readFile(join(dataFolder, audio_url));
      return `${segment_id} ${createHash('sha256').update(bytes).digest('hex')}`;
    }),
  );
  expect(stored.toSorted()).toEqual(filled.map(({ segmentId, sha256 }) => `${segmentId} ${sha256}`).toSorted());
}

/** A backlog through every fault. */
async function drainThroughFaults(fill: FillOptions): Promise<void> {
  const proxy = await withBacklog(fill, async (chaos) => {
    const { page, proxy, server, filled } = chaos;
    await startDelivery(page, proxy.url, server.token);
    await untilPending(chaos, 0);
    const progress = await page.evaluate(() => (window as unknown as ChaosWindow).progress);
    expect(progress).toMatchObject({ acknowledgedSegments: filled.length, pendingBytes: 0, remainingMs: 0 });
  });
  for (const name of NAMES) expect(proxy.made.get(name) ?? 0, name).toBeGreaterThan(0);
}

/** The same with a network that comes and goes, and a tab that is reloaded twice. */
async function drainThroughReloads(fill: FillOptions): Promise<void> {
  await withBacklog(fill, async (chaos) => {
    const { context, page, server, filled } = chaos;
    const { url } = chaos.proxy;
    await startDelivery(page, url, server.token);
    for (const part of [0.8, 0.5, 0.2]) {
      await untilPending(chaos, Math.ceil(filled.length * part));
      await context.setOffline(true);
      // It has met the lost network, not only been told of it.
      await page.waitForFunction(() => !navigator.onLine);
      await page.evaluate(async () => {
        const { recorder, progress } = window as unknown as ChaosWindow;
        if (progress.pending === 0) return;
        await new Promise<void>((resolve) => {
          recorder.on('error', () => resolve());
          recorder.on('outbox', ({ pending }) => pending === 0 && resolve());
        });
      });
      await context.setOffline(false);
      if (part === 0.2) break;
      await page.reload();
      await startDelivery(page, url, server.token);
    }
    await untilPending(chaos, 0);
  });
}

test('[SEND-30] 42 segments through every fault of a line to the real server: none lost, none doubled, hashes equal', async () => {
  await drainThroughFaults({ sessions: 6, segments: 7 });
});

test('[SEND-31] the same while the network comes and goes and the tab is reloaded twice', async () => {
  await drainThroughReloads({ sessions: 4, segments: 6 });
});

test('[SEND-30] 1,000 segments through every fault of a line to the real server', { tag: '@long' }, async () => {
  test.setTimeout(1_800_000);
  await drainThroughFaults({ sessions: 40, segments: 25 });
});

test('[SEND-31] 1,000 segments with a network that comes and goes and two reloads', { tag: '@long' }, async () => {
  test.setTimeout(1_800_000);
  await drainThroughReloads({ sessions: 40, segments: 25 });
});
