import { readFile } from 'node:fs/promises';
import type { GapEvent } from 'turntape';
import { expect, test } from '@playwright/test';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { launchBrowser } from './support/launch-browser.ts';
import { withoutMachineGaps } from './support/machine-gaps.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import { skippedMs, watchWall } from './support/wall-witness.ts';

/** Of every 2.6 seconds the page stands still for 2: what the audio and the engine do must not depend on it. */
const BLOCKED_MS = 2000;
const FREE_MS = 600;
/** The first time it stands still for longer: from before the user speaks until the bot has been silent for long. */
const THROUGH_SPEECH_MS = 5000;

test('[CUT-2] [KEEP-8] a blocked page neither delays a cut nor loses a frame', async () => {
  const { microphones, replies } = await makeSpeech();
  const site = await openSite();
  const browser = await launchBrowser({ microphone: { file: microphones['one-turn-48000']?.file ?? '' } });
  const { page, troubles } = await openRecorderPage(browser, site);
  await watchWall(page);
  const longReply = (await readFile(replies[1]?.file ?? '')).toString('base64');

  const result = await page.evaluate(
    async ({ longReply, BLOCKED_MS, FREE_MS, THROUGH_SPEECH_MS }) => {
      const recorder = await window.turntape.createRecorder({ consent: 'granted', format: 'wav' });
      const session = await recorder.startSession();
      const samples = new Int16Array(Uint8Array.from(atob(longReply), (char) => char.charCodeAt(0)).buffer);
      const speech: { onsetFrame: number; decisionFrame: number }[] = [];
      const gaps: GapEvent[] = [];
      session.on('client_vad_start', (event) => speech.push(event));
      session.on('gap', (event) => gaps.push(event));
      const interrupted = new Promise<{ cutFrame: number; renderedMs: number }>((resolve) =>
        session.on('interruption', resolve),
      );
      const userEnded = new Promise((resolve) =>
        session.on('turn-end', ({ turn }) => turn.speaker === 'user' && resolve(turn)),
      );
      // The user speaks about two seconds from now, into this.
      const utterance = session.bot.begin();
      utterance.write(samples, { sampleRate: 24_000 });
      utterance.end();
      // What was posted leaves first.
      await new Promise((resolve) => setTimeout(resolve));
      const stoodAt = session.audioContext.currentTime;
      const through = performance.now() + THROUGH_SPEECH_MS;
      while (performance.now() < through);
      // Of the audio clock, which goes on: the frame at which the page can do something again.
      const moved = session.audioContext.currentTime;
      const timer = setInterval(() => {
        const until = performance.now() + BLOCKED_MS;
        while (performance.now() < until);
      }, BLOCKED_MS + FREE_MS);
      const cut = await interrupted;
      await userEnded;
      clearInterval(timer);
      await session.stop();
      const [stored] = await recorder.sessions();
      const { sampleRate } = session.audioContext;
      await recorder.dispose();
      return { cut, speech, gaps, stood: [stoodAt * sampleRate, moved * sampleRate], segments: stored?.segments ?? [] };
    },
    { longReply, BLOCKED_MS, FREE_MS, THROUGH_SPEECH_MS },
  );
  const notAskedMs = await skippedMs(page);
  await browser.close();
  await site.close();

  expect(troubles).toEqual([]);
  expect(withoutMachineGaps(result.gaps, notAskedMs)).toEqual([]);
  expect(result.segments).toHaveLength(2);
  for (const segment of result.segments) expect(segment.interrupted).toBe(segment.speaker === 'bot');
  // On the audio clock: the user was heard and the bot was silent while the page stood still, all in one go.
  const [stood = NaN, moved = NaN] = result.stood;
  expect(moved).toBeGreaterThan(stood);
  expect(result.speech[0]?.decisionFrame).toBeGreaterThan(stood);
  expect(result.cut.cutFrame).toBeGreaterThan(result.speech[0]?.decisionFrame ?? NaN);
  expect(result.cut.cutFrame).toBeLessThan(moved);
});
