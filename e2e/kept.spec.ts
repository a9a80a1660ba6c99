import { expect, test } from '@playwright/test';
import { launchBrowser } from './support/launch-browser.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';

/** What a session says of itself when it is over, and an outbox that waits for the app's word. */

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
