import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { DeviceReader, TurnTapePlayer } from '@turntape/element/player';
import { ROOT } from '../scripts/run.mjs';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { launchBrowser } from './support/launch-browser.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import { startServer } from './support/start-server.ts';

/** What a strict page allows: nothing from elsewhere, no `blob:` to play from. The test page's empty icon is a `data:` one. */
const POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src data:; media-src 'none'; object-src 'none'";

test('[REVIEW-12] one session, from the device and from the server: the same turns in the same places, heard and read', async () => {
  const { replies } = await makeSpeech();
  const speech = (await readFile(replies[1]?.file ?? '')).toString('base64');
  await using server = await startServer();
  const folders = { '/element/': join(ROOT, 'packages', 'element', 'dist') };
  const site = await openSite({ server: server.url, folders, policy: POLICY });
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page, troubles } = await openRecorderPage(browser, site);

  // A user who speaks, and a bot that is cut in the middle of its answer, with its unheard rest kept.
  const sessionId = await page.evaluate(
    async ({ base64, token }) => {
      const { createRecorder, httpTarget } = window.turntape;
      const samples = new Int16Array(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)).buffer);
      const recorder = await createRecorder({
        consent: 'granted',
        microphone: false,
        vad: false,
        turns: { mode: 'continuous' },
        record: { unheardTail: true },
        target: httpTarget('/v1', { headers: () => ({ authorization: `Bearer ${token}` }) }),
      });
      const session = await recorder.startSession();
      const begun = (speaker: 'user' | 'bot'): Promise<void> =>
        new Promise((resolve) => {
          const off = session.on('turn-start', ({ turn }) => {
            if (turn.speaker !== speaker) return;
            off();
            resolve();
          });
        });
      const heard = begun('user');
      session.user.write(samples.slice(0, 48_000), { sampleRate: 24_000 });
      await heard;
      const spoke = begun('bot');
      const answer = session.bot.begin();
      answer.write(samples.slice(), { sampleRate: 24_000 });
      answer.end();
      await spoke;
      const until = session.audioContext.currentTime + 0.8;
      while (session.audioContext.currentTime < until) await new Promise((resolve) => requestAnimationFrame(resolve));
      await session.bot.interrupt();
      await session.transcripts.attach({ turnId: answer.turnId, role: 'assistant', text: 'As I was saying' });
      await session.stop();
      await session.whenDelivered();
      Object.assign(window, { recorder });
      return session.sessionId;
    },
    { base64: speech, token: server.token },
  );

  const readings = await page.evaluate(
    async ({ id, token }) => {
      const address = '/element/turn-tape-player.bundle.js';
      await import(address);
      const found = [];
      for (const where of ['device', 'backend']) {
        const element = document.createElement('turn-tape-player');
        const loaded = new Promise((resolve) => element.addEventListener('loaded', resolve, { once: true }));
        element.id = where;
        if (where === 'device') {
          element.recorder = (window as unknown as { recorder: DeviceReader }).recorder;
          element.sessionId = id;
        } else {
          element.src = `/v1/sessions/${id}`;
          element.headers = { authorization: `Bearer ${token}` };
        }
        document.body.append(element);
        await loaded;
        const turns = element.review?.turns ?? [];
        found.push(
          turns.map(({ turnId, speaker, startMs, endMs, unheardMs, parts, text, interrupted, tails, heardMs }) => ({
            turnId,
            speaker,
            text,
            interrupted,
            heardMs,
            tails: tails.length,
            places: [startMs, endMs, unheardMs, ...parts.map((part) => part.startMs)].map(Math.round),
          })),
        );
      }
      return { device: found[0], backend: found[1] };
    },
    { id: sessionId, token: server.token },
  );
  expect(readings.device).toHaveLength(2);
  expect(readings.device?.[1]).toMatchObject({ speaker: 'bot', interrupted: true, tails: 1, text: 'As I was saying' });
  expect(readings.backend).toEqual(readings.device);

  const player = page.locator('#backend');
  await expect(player).toMatchAriaSnapshot(`
    - region "Conversation player":
      - paragraph: /\\d/
      - paragraph: /2 turns/
      - button "Mute user"
      - slider "Volume, user": /100/
      - button "Mute bot"
      - slider "Volume, bot": /100/
      - slider "Position in the conversation"
      - group "Playback":
        - button "Previous turn"
        - button "Play"
        - button "Next turn"
      - paragraph: /0:00/
      - text: Speed
      - combobox "Speed"
      - group "View":
        - button "Zoom out"
        - button "Zoom in"
        - button "Show all"
      - list "Turns":
        - listitem:
          - button /Play turn 1 alone, User/
          - text: /User 0:00/
          - button "Download turn 1, User"
          - button /No transcript. Go to turn 1/
        - listitem:
          - button /Play turn 2 alone, Bot/
          - text: /Bot 0:0\\d Interrupted/
          - button "Download turn 2, Bot"
          - button "As I was saying"
          - text: /heard/
          - button /unheard. Play what nobody heard of turn 2/
      - status: /Session loaded/
  `);
  await player.getByRole('button', { name: 'Play', exact: true }).click();
  await expect(player).toHaveAttribute('state', 'playing');
  await expect.poll(() => player.evaluate((node) => (node as TurnTapePlayer).positionMs)).toBeGreaterThan(300);
  await player.getByRole('button', { name: 'Pause', exact: true }).click();
  await expect(player).toHaveAttribute('state', 'paused');
  expect(site.answers.filter(({ path, status }) => path.includes('/audio') && status === 200).length).toBeGreaterThan(
    0,
  );

  // What a transfer that broke is taken up with: the rest of a file by its signed address, as the real server gives it.
  const joined = await page.evaluate(
    async ({ id, token }) => {
      const headers = { authorization: `Bearer ${token}` };
      const { turns } = (await (await fetch(`/v1/sessions/${id}`, { headers })).json()) as {
        turns: { playback_url: string }[];
      };
      const address = turns[0]?.playback_url ?? '';
      const whole = new Uint8Array(await (await fetch(address)).arrayBuffer());
      const rest = await fetch(address, { headers: { range: 'bytes=1000-' } });
      const part = new Uint8Array(await rest.arrayBuffer());
      return {
        status: rest.status,
        same: part.every((byte, at) => byte === whole[1000 + at]),
        missing: whole.length - part.length,
      };
    },
    { id: sessionId, token: server.token },
  );
  expect(joined).toEqual({ status: 206, same: true, missing: 1000 });

  expect(site.violations).toEqual([]);
  expect(troubles).toEqual([]);
  await browser.close();
  await site.close();
});
