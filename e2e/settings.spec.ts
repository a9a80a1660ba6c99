import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { loadSettings as LoadSettings } from 'turntape/settings';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { launchBrowser } from './support/launch-browser.ts';
import { watchLeftovers } from './support/leftovers.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';

/** Settings that an app loads, and the sessions that they leave out. */

/** The same id decides alike for ever: it stands at 0.364 of all sessions. */
const SESSION_ID = '00000000-0000-4000-8000-000000000000';

test('[SAMPLE-3] a session that the loaded settings leave out sounds, listens and says so, and not a row is written; the next is recorded', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'turntape-settings-'));
  const document = {
    vad: { model: 'energy' },
    recrod: {},
    agents: { rare: { sampleRatio: 0.3 }, often: { sampleRatio: 0.4, format: 'wav' } },
  };
  await writeFile(join(folder, 'settings.json'), JSON.stringify(document));
  const site = await openSite({ folders: { '/settings.json': join(folder, 'settings.json') } });
  const browser = await launchBrowser({
    microphone: { file: (await makeSpeech()).microphones['one-turn-48000']?.file ?? '' },
  });
  const { page, troubles } = await openRecorderPage(browser, site);
  await watchLeftovers(page);
  const results = await page.evaluate(async (sessionId) => {
    const address = new URL('/sdk/settings.js', location.href).href;
    const { loadSettings } = (await import(address)) as { loadSettings: typeof LoadSettings };
    const converse = async (agent: string) => {
      const { options, unknown } = await loadSettings('/settings.json', { agent });
      let sent = 0;
      const target = {
        async send({ segment_id, sha256, byte_size }: { segment_id: string; sha256: string; byte_size: number }) {
          sent += 1;
          return { segment_id, sha256, byte_size, audio_url: '' };
        },
      };
      const recorder = await window.turntape.createRecorder({ ...options, consent: 'granted', target });
      const session = await recorder.startSession({ sessionId });
      const errors: string[] = [];
      session.on('error', ({ error }) => errors.push(`${error.code}: ${error.message}`));
      const started = new Promise<string>((resolve) => {
        session.on('client_vad_start', ({ turnId, doubtful }) => !doubtful && resolve(turnId));
      });
      const ended = new Promise<void>((resolve) => {
        session.on('turn-end', ({ turn }) => turn.speaker === 'user' && resolve());
      });
      const { state, sampled } = session;
      const turnId = await started;
      await session.transcripts.attach({ turnId, role: 'user', text: 'hello' });
      await ended;
      const utterance = session.bot.begin();
      utterance.write(new Int16Array(12_000).fill(3000), { sampleRate: 24_000 });
      utterance.end();
      const { renderedMs } = await utterance.done;
      await session.redact({ fromMs: 0, toMs: 1 });
      const { rows: during } = await window.leftovers();
      await session.stop();
      await session.whenDelivered();
      const after = (await recorder.sessions()).length;
      await recorder.dispose();
      return { state, sampled, renderedMs, errors, unknown, during, after, sent };
    };
    return { rare: await converse('rare'), left: (await window.leftovers()).rows, often: await converse('often') };
  }, SESSION_ID);
  await browser.close();
  await site.close();
  await rm(folder, { recursive: true, force: true });
  expect(troubles).toEqual([]);
  expect(results.rare).toEqual({
    state: 'not-sampled',
    sampled: false,
    renderedMs: expect.closeTo(500, -1),
    errors: [],
    unknown: ['recrod'],
    during: {},
    after: 0,
    sent: 0,
  });
  expect(results.left).toEqual({});
  expect(results.often).toMatchObject({ state: 'recording', sampled: true, errors: [], after: 1, sent: 2 });
});
