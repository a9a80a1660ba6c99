import { expect, test } from '@playwright/test';
import type { SessionEvents } from 'turntape';
import { launchBrowser } from './support/launch-browser.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';

test('[INTEG-3][U-3] people go on hearing the bot, and what is attached gives nothing any more: the session says so at once', async () => {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page, troubles } = await openRecorderPage(browser, site);
  const result = await page.evaluate(async () => {
    const silence = new AudioContext().createMediaStreamDestination().stream;
    const recorder = await window.turntape.createRecorder({ consent: 'granted', vad: false, microphone: silence });
    const session = await recorder.startSession();
    const { audioContext } = session;
    const voice = new OscillatorNode(audioContext, { frequency: 300 });
    const level = new GainNode(audioContext, { gain: 0.1 });
    voice.connect(level);
    voice.start();
    const attachment = await session.bot.attach(level, { boundaries: 'manual' });
    const speaks = async (text: string): Promise<string> => {
      const { turnId } = attachment.startTurn();
      const begun = audioContext.currentTime;
      await new Promise<void>((resolve) => {
        const off = session.on('level', ({ speaker }) => {
          if (speaker !== 'bot' || audioContext.currentTime < begun + 1) return;
          off();
          resolve();
        });
      });
      const ended = new Promise<void>((resolve) => session.on('turn-end', () => resolve()));
      attachment.endTurn();
      await ended;
      await session.transcripts.attach({ turnId, role: 'assistant', text });
      return turnId;
    };
    const events: SessionEvents['integrity'][] = [];
    const told = new Promise<void>((resolve) =>
      session.on('integrity', (event) => {
        events.push(event);
        resolve();
      }),
    );
    await speaks('You are heard.');
    // What a voice stack does when it connects anew: the same voice, by another way.
    level.disconnect();
    voice.connect(audioContext.destination);
    // What was on its way to the engine belongs to nobody's turn.
    await new Promise<void>((resolve) =>
      session.on('level', ({ speaker, peakDb }) => (speaker === 'bot' && peakDb < -60 ? resolve() : undefined)),
    );
    const lost = await speaks('You are heard, and not recorded.');
    await told;
    const { integrity } = await session.stats();
    const { findings } = await recorder.diagnose();
    const { segments } = await session.stop();
    await recorder.dispose();
    const sounding = segments.map(({ turnId, capture }) => ({ isLost: turnId === lost, ...capture }));
    return { events, lost, integrity, findings, sounding };
  });
  await browser.close();
  await site.close();
  expect(troubles).toEqual([]);
  expect(result.events).toEqual([
    {
      turnId: result.lost,
      externalId: null,
      speaker: 'bot',
      fromMs: expect.any(Number),
      toMs: expect.any(Number),
      cause: 'words_without_sound',
    },
  ]);
  expect(result.integrity).toEqual({ events: result.events, goesOn: true });
  const ofSound = result.findings.filter(({ area }) => area === 'sound');
  expect(ofSound).toMatchObject([{ code: 'words_without_sound', blocking: false }]);
  for (const { isLost, soundingMs = -1 } of result.sounding)
    if (isLost) expect(soundingMs).toBe(0);
    else expect(soundingMs).toBeGreaterThan(500);
  expect(result.sounding).toHaveLength(2);
});
