import { expect, test } from '@playwright/test';
import type { Recorder, Session } from 'turntape';
import { launchBrowser } from './support/launch-browser.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import { readRows } from './support/read-rows.ts';
import { startServer } from './support/start-server.ts';

/** What a session says of itself when it is over, an outbox that waits for the app's word, a session that goes on. */

test('[KEEP-11] [SEND-35] a session tells at its end what it kept, also when that is nothing; by hand, nothing leaves before the app says so', async () => {
  const site = await openSite();
  await using browser = await launchBrowser({ microphone: 'absent' });
  const { page, troubles } = await openRecorderPage(browser, site);
  const result = await page.evaluate(async () => {
    const told: string[][] = [];
    const sent: string[] = [];
    const recorder = await window.turntape.createRecorder({
      consent: 'granted',
      microphone: false,
      vad: false,
      upload: 'manual',
      target: {
        send: async ({ segment_id, sha256, byte_size }) => {
          sent.push(segment_id);
          return { segment_id, sha256, byte_size };
        },
        sendSession: async ({ state }) => void sent.push(state),
      },
    });
    const converse = async (says: boolean): Promise<string[]> => {
      const session = await recorder.startSession();
      const news: string[] = [];
      told.push(news);
      session.on('state', ({ state }) => news.push(state));
      session.on('segment-kept', () => news.push('segment-kept'));
      session.on('session-kept', ({ segments }) => {
        news.push(`session-kept ${segments.map(({ speaker, byteSize }) => `${speaker} ${byteSize > 0}`).join()}`);
        throw new Error('a listener of the app');
      });
      session.on('error', ({ error }) => news.push(`error ${error.code}`));
      if (says) {
        const utterance = session.bot.begin();
        utterance.write(new Int16Array(4800).fill(3000), { sampleRate: 24_000 });
        utterance.end();
        await new Promise((resolve) => session.on('segment-kept', resolve));
      }
      const [{ segments }] = await Promise.all([session.stop(), session.stop(), session.stop()]);
      return segments.map(({ segmentId }) => segmentId);
    };
    const [silent, kept] = [await converse(false), await converse(true)];
    const before = { sent: [...sent], progress: recorder.outbox.progress, pending: await recorder.outbox.pending() };
    const isEmpty = new Promise<void>((resolve) => {
      recorder.on('outbox', ({ pending }) => pending === 0 && resolve());
    });
    recorder.outbox.resume();
    await isEmpty;
    await recorder.dispose();
    return { told, silent, kept, before, sent };
  });
  await site.close();
  const { told, silent, kept, before, sent } = result;
  expect(told.map((news) => news.join(', '))).toEqual([
    'stopping, session-kept , error invalid_argument, ended',
    'segment-kept, stopping, session-kept bot true, error invalid_argument, ended',
  ]);
  expect(silent).toEqual([]);
  expect(kept).toHaveLength(1);
  // Of the silent one its end took the place of its start; of the other a segment lies between.
  expect(before).toMatchObject({ sent: [], progress: { paused: true }, pending: 4 });
  expect(sent.toSorted()).toEqual(['active', 'ended', 'ended', ...kept].toSorted());
  expect(troubles).toEqual([]);
});

/** A recorder whose bot says half a second; then what is on the device of the session. */
async function speakHalfASecond({ sessionId, token }: { sessionId: string; token: string }): Promise<string> {
  const { createRecorder, httpTarget } = window.turntape;
  const target = httpTarget('/v1', { headers: () => ({ authorization: `Bearer ${token}` }) });
  const recorder = await createRecorder({ consent: 'granted', microphone: false, vad: false, format: 'wav', target });
  const session = await recorder.startSession({ sessionId });
  const kept = new Promise<string>((resolve) => {
    session.on('segment-kept', ({ segment }) => resolve(segment.segmentId));
  });
  const utterance = session.bot.begin();
  utterance.write(new Int16Array(12_000).fill(3000), { sampleRate: 24_000 });
  utterance.end();
  Object.assign(window, { again: { recorder, session } });
  return kept;
}

test(
  '[KEEP-14] a page that is reloaded in the middle goes on under the same id: one session here and at the backend, with the turns of both',
  { tag: '@long' },
  async () => {
    await using server = await startServer();
    const site = await openSite({ server: server.url });
    await using browser = await launchBrowser({ microphone: 'absent' });
    const { page } = await openRecorderPage(browser, site);
    const plan = { sessionId: crypto.randomUUID(), token: server.token };
    const first = await page.evaluate(speakHalfASecond, plan);
    await page.reload();
    await page.waitForFunction(() => 'turntape' in window);
    const second = await page.evaluate(speakHalfASecond, plan);
    const { sessions, segments, exported } = await page.evaluate(async () => {
      const { recorder, session } = (window as unknown as Window & { again: { recorder: Recorder; session: Session } })
        .again;
      const { segments } = await session.stop();
      await session.whenDelivered();
      const { facts } = await session.files.export({ format: 'wav' });
      const sessions = await recorder.sessions();
      await recorder.dispose();
      return {
        sessions: sessions.map(({ session: facts }) => [facts.sessionId, facts.state]),
        segments: segments.map(({ segmentId, startedAt, durationMs }) => ({ segmentId, startedAt, durationMs })),
        exported: { durationMs: facts.durationMs, startedAt: facts.startedAt },
      };
    });
    await browser.close();
    await site.close();
    await server.stop();
    expect(sessions).toEqual([[plan.sessionId, 'ended']]);
    expect(segments.map(({ segmentId }) => segmentId)).toEqual([first, second]);
    // Both lie in one file, each at its own time.
    const [one, other] = segments;
    expect(other!.startedAt).toBeGreaterThanOrEqual(one!.startedAt + one!.durationMs);
    expect(exported.durationMs).toBeGreaterThanOrEqual(other!.startedAt + other!.durationMs - one!.startedAt - 1);
    const stored = 'select session_id, count(*)::integer as segments from session_audio_segments group by session_id';
    expect(await readRows(server.dataFolder, stored)).toEqual([{ session_id: plan.sessionId, segments: 2 }]);
    const told = 'select session_id, ended_at is not null as ended from sessions';
    expect(await readRows(server.dataFolder, told)).toEqual([{ session_id: plan.sessionId, ended: true }]);
  },
);
