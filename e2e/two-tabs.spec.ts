import { expect, test } from '@playwright/test';
import type { Recorder, Session } from 'turntape';
import { launchBrowser } from './support/launch-browser.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';

type RunWindow = Window & { run: { recorder: Recorder; session: Session; errors: string[]; states: string[] } };

test('[STORE-30] a tab with older code gives the storage up to a newer one at once, says so, and what it had written is there', async () => {
  const site = await openSite({});
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page } = await openRecorderPage(browser, site);
  await page.evaluate(async () => {
    const options = { consent: 'granted', microphone: false, vad: false, format: 'wav' } as const;
    const recorder = await window.turntape.createRecorder(options);
    const errors: string[] = [];
    const states: string[] = [];
    recorder.on('error', ({ error }) => errors.push(error.code));
    const session = await recorder.startSession();
    session.on('state', ({ state }) => states.push(state));
    session.bot.begin().write(new Int16Array(24_000 * 20).fill(2000), { sampleRate: 24_000 });
    // A second of the turn is on the disk, and it goes on.
    await new Promise<void>((resolve) =>
      session.on('level', ({ atMs }) => atMs > (session.activeTurn('bot')?.startMs ?? Infinity) + 1000 && resolve()),
    );
    Object.assign(window, { run: { recorder, session, errors, states } });
  });

  // A tab with code to come, which upgrades the database to a version that this one does not know.
  const newer = await browser.newPage();
  await newer.goto(`${site.url}/recorder.html`);
  const opened = await newer.evaluate(
    () =>
      new Promise<{ blocked: boolean; sessions: { state: string }[]; chunks: number }>((resolve, reject) => {
        let blocked = false;
        const opening = indexedDB.open('turntape', 1000);
        opening.addEventListener('blocked', () => (blocked = true));
        opening.addEventListener('error', () => reject(opening.error ?? new Error('not opened')));
        opening.addEventListener('success', () => {
          const tx = opening.result.transaction(['sessions', 'chunks']);
          const sessions = tx.objectStore('sessions').getAll() as IDBRequest<{ state: string }[]>;
          const chunks = tx.objectStore('chunks').count();
          tx.addEventListener('complete', () => resolve({ blocked, sessions: sessions.result, chunks: chunks.result }));
        });
      }),
  );
  expect(opened.blocked).toBe(false);
  expect(opened.sessions.map(({ state }) => state)).toEqual(['active']);
  expect(opened.chunks).toBeGreaterThan(10);

  const old = await page.evaluate(async () => {
    const { recorder, session, errors, states } = (window as unknown as RunWindow).run;
    if (session.state !== 'ended')
      await new Promise<void>((resolve) => session.on('state', ({ state }) => state === 'ended' && resolve()));
    const again = await recorder.startSession().then(
      () => 'started',
      ({ code }: { code: string }) => code,
    );
    const locks = (await navigator.locks.query()).held?.map(({ name = '' }) => name) ?? [];
    await recorder.dispose();
    return { errors, states, again, locks: locks.filter((name) => name.startsWith('turntape:session')) };
  });
  await browser.close();
  await site.close();
  // The lock is free: the newer tab may recover the session.
  expect(old).toMatchObject({ states: ['stopping', 'ended'], again: 'storage_failed', locks: [] });
  expect(old.errors).toContain('storage_unavailable');
});
