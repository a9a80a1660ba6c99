import { type BrowserContext, type Page, expect, test } from '@playwright/test';
import { startFaultProxy } from './support/fault-proxy.ts';
import { launchBrowser } from './support/launch-browser.ts';
import { openSite } from './support/open-site.ts';
import { launchRawTabs } from './support/raw-tabs.ts';
import { startServer } from './support/start-server.ts';
import { type TalkMoment, faultsOf, missingMs, readTalk, startAgain, startTalk, talkedFor } from './support/talk.ts';

declare global {
  interface Window {
    /** How many sessions are marked as left. */
    exitMarks: () => Promise<number>;
  }
}

/** How a page may be left. */
const WAYS: readonly (readonly [name: string, leave: (page: Page, elsewhere: string) => Promise<unknown>])[] = [
  ['another address', (page, elsewhere) => page.goto(elsewhere)],
  ['a closed tab', (page) => Promise.all([page.waitForEvent('close'), page.close({ runBeforeUnload: true })])],
];

async function recorderPage(browser: BrowserContext, url: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${url}/recorder.html`);
  await page.waitForFunction(() => 'turntape' in window);
  return page;
}

/** The page itself writes down where the conversation stands as it goes. */
async function noteLeaving(page: Page): Promise<void> {
  await page.evaluate(() => {
    localStorage.removeItem('left');
    addEventListener('pagehide', () => localStorage.setItem('left', JSON.stringify(window.talk.now())), true);
  });
}

test('[EXIT-1] [EXIT-2] a page that is left in the middle of both turns misses 150 ms of each at most, and they end by page_exit', async () => {
  const site = await openSite();
  const elsewhere = await openSite();
  const browser = await launchBrowser({ microphone: 'absent' });
  for (const [name, leave] of WAYS) {
    const page = await recorderPage(browser, site.url);
    await startTalk(page, { format: 'wav' });
    const before = await page.evaluate(() => window.talk.kept);
    await noteLeaving(page);
    await leave(page, `${elsewhere.url}/recorder.html`);

    const again = await recorderPage(browser, site.url);
    const left = JSON.parse((await again.evaluate(() => localStorage.getItem('left'))) ?? '{}') as TalkMoment;
    await startAgain(again);
    const { session, turns } = await readTalk(again);
    await again.evaluate(() => window.talk.recorder.revokeConsent({ erase: true }));
    await again.close();
    if (!page.isClosed()) await page.close();

    expect(session.endReason, name).toBe('page_exit');
    for (const speaker of ['user', 'bot'] as const) {
      expect(left.open[speaker], name).toBeDefined();
      expect(missingMs(turns, left, speaker), `${name}: missing of the ${speaker}, in ms`).toBeLessThanOrEqual(150);
    }
    // Both were open, so whatever is not complete ended there.
    expect(turns.filter(({ endReason }) => endReason === 'crash')).toEqual([]);
    expect(turns.filter(({ endReason }) => endReason === 'page_exit').length).toBeGreaterThan(0);
    expect(turns.flatMap(faultsOf)).toEqual([]);
    for (const [segmentId, sha256] of Object.entries(before))
      expect(turns.find((turn) => turn.segmentId === segmentId)?.hash).toBe(sha256);
    const ends = Math.max(...turns.map(({ endedAt }) => endedAt));
    expect(session.endedAt).toBeGreaterThanOrEqual(ends);
  }
  await browser.close();
  await site.close();
  await elsewhere.close();
});

test('[EXIT-4] what waits and fits reaches the real server after its page is gone, and leaves the device only by a receipt', async () => {
  await using server = await startServer();
  const site = await openSite();
  let hangs = true;
  const proxy = await startFaultProxy({
    api: server.url,
    site: site.url,
    decide: ({ method }) => (method === 'POST' && hangs ? 'hang' : 'none'),
  });
  const browser = await launchBrowser({ microphone: 'absent' });
  const page = await recorderPage(browser, proxy.url);
  await startTalk(page, { format: 'opus', token: server.token });
  const kept = Object.keys(await page.evaluate(() => window.talk.kept));
  expect(kept.length).toBeGreaterThan(1);
  // All of it is in memory, and the first request hangs.
  await page.evaluate(async () => {
    const { outbox } = window.talk.recorder;
    const items = await outbox.items();
    if (items.some(({ attempts }) => attempts > 0)) throw new Error('Something was answered.');
  });
  hangs = false;
  // Another origin: nothing there that could send.
  await page.goto(`${site.url}/recorder.html`);

  const headers = { authorization: `Bearer ${server.token}` };
  const isStored = async (id: string): Promise<boolean> =>
    (await fetch(`${server.url}/v1/segments/${id}/audio`, { method: 'HEAD', headers })).ok;
  await expect.poll(async () => (await Promise.all(kept.map(isStored))).every(Boolean), { timeout: 60_000 }).toBe(true);

  const again = await recorderPage(browser, proxy.url);
  await startAgain(again);
  // Without a target nothing is sent: they lie there as before.
  const waiting = await again.evaluate(async () => (await window.talk.recorder.outbox.items()).map(({ id }) => id));
  expect(waiting).toEqual(expect.arrayContaining(kept));
  await again.evaluate(() => window.talk.recorder.dispose());
  await startAgain(again, server.token);
  await expect
    .poll(() => again.evaluate(async () => (await window.talk.recorder.outbox.items()).length), { timeout: 60_000 })
    .toBe(0);
  const { turns } = await readTalk(again);
  await browser.close();
  await proxy.close();
  await site.close();
  expect(turns.length).toBeGreaterThanOrEqual(kept.length);
  expect(turns.every(({ deliveryState }) => deliveryState === 'acknowledged')).toBe(true);
});

test('[EXIT-5] [EXIT-6] a page that was frozen, or away, records on with a gap that says so; one whose session was finished elsewhere says that', async () => {
  const site = await openSite();
  const tabs = await launchRawTabs();
  const tab = await tabs.open(`${site.url}/recorder.html`);
  await expect.poll(() => tab.evaluate(() => 'turntape' in window).catch(() => false)).toBe(true);
  await startTalk(tab, { format: 'wav' });

  await tabs.open('about:blank');
  await expect.poll(() => tab.evaluate(() => document.visibilityState)).toBe('hidden');
  await tab.send('Page.setWebLifecycleState', { state: 'frozen' });
  const frozenAt = await tab.evaluate(() => performance.now());
  await expect.poll(() => tab.evaluate((from) => performance.now() - from, frozenAt)).toBeGreaterThan(2000);
  await tab.send('Page.setWebLifecycleState', { state: 'active' });
  await talkedFor(tab, 1500);

  await tab.evaluate(() => {
    window.exitMarks = async () => {
      const open = indexedDB.open('turntape');
      await new Promise((resolve) => open.addEventListener('success', resolve));
      const count = open.result.transaction('page_exits').objectStore('page_exits').count();
      await new Promise((resolve) => count.addEventListener('success', resolve));
      open.result.close();
      return count.result;
    };
  });
  // As the browser does it to a page that it means to keep, and then brings back.
  const marks = await tab.evaluate(async () => {
    const { exitMarks: read } = window;
    dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
    const away = await read();
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
    let back = await read();
    while (back > 0) back = await read();
    return { away, back };
  });
  await talkedFor(tab, 500);
  const goesOn = await tab.evaluate(() => window.talk.session.state);
  const { turns } = await readTalk(tab);

  // Another tab took it for left and has finished it.
  const ended = await tab.evaluate(async () => {
    const { session, errors } = window.talk;
    const open = indexedDB.open('turntape');
    const db = await new Promise<IDBDatabase>((resolve) =>
      open.addEventListener('success', () => resolve(open.result)),
    );
    const tx = db.transaction('sessions', 'readwrite');
    const rows = tx.objectStore('sessions').getAll();
    rows.addEventListener('success', () => {
      for (const row of rows.result)
        tx.objectStore('sessions').put({ ...row, state: 'recovered', end_reason: 'page_exit' });
    });
    await new Promise((resolve) => tx.addEventListener('complete', resolve));
    db.close();
    const over = new Promise<void>((resolve) => session.on('state', ({ state }) => state === 'ended' && resolve()));
    dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
    await over;
    return { errors, state: session.state };
  });
  await tabs.close();
  await site.close();

  expect(marks).toEqual({ away: 1, back: 0 });
  expect(goesOn).toBe('recording');
  const gaps = turns.flatMap((turn) => turn.gaps);
  expect(gaps.length).toBeGreaterThan(0);
  // On a busy machine a clock that catches up may leave an entry of its own beside it.
  const longest = gaps.reduce((one, other) => (other.endMs - other.startMs > one.endMs - one.startMs ? other : one));
  expect(longest, JSON.stringify(gaps)).toMatchObject({ cause: 'context_suspended' });
  expect(longest.endMs - longest.startMs).toBeGreaterThan(1800);
  expect(turns.flatMap(faultsOf)).toEqual([]);
  expect(ended.state).toBe('ended');
  expect(ended.errors.filter((error) => error.startsWith('session_ended'))).toHaveLength(1);
});
