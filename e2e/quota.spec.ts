import { type BrowserContext, type Page, expect, test } from '@playwright/test';
import type { LowSpaceEvent, Recorder, Session, StorageSettings } from 'turntape';
import { withoutMachineGaps } from './support/machine-gaps.ts';
import { openOneTurn } from './support/open-one-turn.ts';
import { skippedMs, watchWall } from './support/wall-witness.ts';

/** The product on a browser that really gives it no more room. */

interface Run {
  recorder: Recorder;
  session: Session;
  errors: string[];
  states: string[];
  low: { session: LowSpaceEvent[]; recorder: LowSpaceEvent[] };
}
type RunWindow = Window & { run: Run };

/** Says how much more the origin may have than it uses; undefined: as much as the browser likes. It holds as long as the page. */
async function quotaOf(context: BrowserContext, page: Page): Promise<(bytes: number | undefined) => Promise<void>> {
  // A session that is detached takes its word back.
  const devtools = await context.newCDPSession(page);
  const { origin } = new URL(page.url());
  return async (bytes) => {
    const used = await page.evaluate(async () => (await navigator.storage.estimate()).usage ?? 0);
    await devtools.send('Storage.overrideQuotaForOrigin', {
      origin,
      ...(bytes !== undefined && { quotaSize: used + bytes }),
    });
  };
}

/** A page that records its microphone as WAV, some 90 kB a second, from the first frame to the stop. */
async function recordUnder(whenFull: StorageSettings['whenFull'], bytes: number) {
  const { browser, page, site } = await openOneTurn();
  await watchWall(page);
  // Before the database is opened: Chromium remembers for a while how much room there was.
  const allow = await quotaOf(browser, page);
  await allow(bytes);
  await page.evaluate(async (policy) => {
    // A person who never answers: the start does not wait for them.
    if (policy === 'stop') navigator.storage.persist = () => new Promise(() => {});
    const recorder = await window.turntape.createRecorder({
      consent: 'granted',
      format: 'wav',
      sampleRate: 'native',
      vad: false,
      turns: { mode: 'continuous' },
      storage: { whenFull: policy, lowSpaceBytes: 20 * 2 ** 20 },
    });
    Object.assign(window, { run: { recorder } });
  }, whenFull);
  await page.evaluate(async () => {
    const { run } = window as unknown as RunWindow;
    Object.assign(run, { errors: [], states: [], low: { session: [], recorder: [] } });
    run.recorder.on('low-space', (event) => run.low.recorder.push(event));
    run.session = await run.recorder.startSession();
    run.session.on('low-space', (event) => run.low.session.push(event));
    run.session.on('error', ({ error }) => run.errors.push(error.code));
    run.session.on('state', ({ state }) => run.states.push(state));
  });
  return { page, browser, site, allow };
}

test('[QUOTA-15] a browser that gives no more room in the middle of a turn costs nothing when it gives some again', async () => {
  const { page, browser, site, allow } = await recordUnder('drop-acknowledged', 300_000);
  const told = await page.evaluate(async () => {
    const { session, low, errors } = (window as unknown as RunWindow).run;
    await new Promise<void>((resolve) => {
      session.on('level', () => errors.includes('storage_full') && resolve());
    });
    return { low, stats: await session.stats() };
  });
  // Chromium's estimate knows of no limit: its refusal is what is told.
  expect(told.low.session.map(({ freeBytes, minutesLeft }) => [freeBytes, minutesLeft])).toEqual([[0, 0]]);
  expect(told.low.session).toEqual(told.low.recorder);
  expect(told.low.session[0]?.bytesPerMinute).toBeGreaterThan(1_000_000);
  expect(told.stats.storage.waitingBytes).toBeGreaterThan(0);
  expect(told.stats.storage.quotaBytes).not.toBeNull();
  expect(typeof told.stats.persisted).toBe('boolean');

  await allow(undefined);
  const kept = await page.evaluate(async () => {
    const { session, recorder, errors } = (window as unknown as RunWindow).run;
    await new Promise<void>((resolve, reject) => {
      const look = async (): Promise<void> => {
        if ((await session.stats()).storage.waitingBytes < 20_000) resolve();
      };
      session.on('level', () => void look().catch(reject));
    });
    await session.stop();
    const [stored] = await recorder.sessions();
    const [segment] = stored?.segments ?? [];
    const audio = await recorder.readAudio(segment?.segmentId ?? '');
    await recorder.dispose();
    const frames = ((audio?.byteLength ?? 44) - 44) / 2;
    return { errors, count: stored?.segments.length, state: stored?.session.state, segment, frames };
  });
  const notAskedMs = await skippedMs(page);
  await browser.close();
  await site.close();
  expect(kept).toMatchObject({ errors: ['storage_full'], count: 1, state: 'ended' });
  expect(withoutMachineGaps(kept.segment?.gaps ?? [], notAskedMs)).toEqual([]);
  expect(kept.frames).toBe(Math.round(((kept.segment?.durationMs ?? 0) / 1000) * (kept.segment?.sampleRate ?? 0)));
  expect(kept.segment?.durationMs).toBeGreaterThan(3000);
});

test('[QUOTA-16] [QUOTA-17] under `stop` the session ends by itself with an error, and what was written is whole at the next start', async () => {
  const { page, browser, site, allow } = await recordUnder('stop', 300_000);
  const ended = await page.evaluate(async () => {
    const { session, recorder, errors, states } = (window as unknown as RunWindow).run;
    if (session.state !== 'ended')
      await new Promise<void>((resolve) => session.on('state', ({ state }) => state === 'ended' && resolve()));
    const refused = await recorder.startSession().then(
      () => 'started',
      ({ code }: { code: string }) => code,
    );
    await recorder.dispose();
    return { errors, states, refused };
  });
  await allow(undefined);
  const stored = await page.evaluate(async () => {
    const recorder = await window.turntape.createRecorder({ consent: 'granted' });
    const sessions = await recorder.sessions();
    const [segment] = sessions.flatMap(({ segments }) => segments);
    const audio = await recorder.readAudio(segment?.segmentId ?? '');
    await recorder.dispose();
    const states = sessions.map(({ session: { state, endReason } }) => ({ state, endReason }));
    return { states, segment, bytes: audio?.byteLength ?? 0 };
  });
  await browser.close();
  await site.close();
  expect(ended.errors[0]).toBe('storage_full');
  expect(new Set(ended.errors)).toEqual(new Set(['storage_full']));
  expect(ended.states).toEqual(['stopping', 'ended']);
  expect(stored.states).toEqual([{ state: 'recovered', endReason: 'session_stop' }]);
  expect(stored.segment).toMatchObject({ gaps: [], byteSize: stored.bytes, endReason: 'session_stop' });
  expect(stored.segment?.durationMs).toBeGreaterThan(1000);
  expect(stored.bytes).toBe(
    44 + 2 * Math.round(((stored.segment?.durationMs ?? 0) / 1000) * (stored.segment?.sampleRate ?? 0)),
  );
});
