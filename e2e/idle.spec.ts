import { expect, test } from '@playwright/test';
import { launchBrowser } from './support/launch-browser.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';

/** A conversation that both have left. */

test('[IDLE-2] [TRACK-1] a session in which only the bot has spoken ends by itself when nobody goes on, and says whose track is empty', async () => {
  const site = await openSite();
  await using browser = await launchBrowser({ microphone: 'absent' });
  const { page, troubles } = await openRecorderPage(browser, site);
  const told = await page.evaluate(async () => {
    const { createRecorder } = window.turntape;
    const options = { consent: 'granted', microphone: false, vad: false } as const;
    const recorder = await createRecorder({ ...options, sessionIdleMs: 1000 });
    // On a machine that stands still for a second nobody has spoken by then: it ends, and rightly so. Again.
    for (let tries = 0; tries < 5; tries += 1) {
      const session = await recorder.startSession();
      const told: string[] = [];
      let hasBegun = false;
      session.on('turn-start', () => (hasBegun = true));
      session.on('turn-end', ({ turn }) => told.push(`${turn.speaker} turn-end`));
      session.on('idle', ({ idleMs }) => told.push(`idle ${idleMs}`));
      session.on('track-empty', ({ speaker }) => told.push(`${speaker} track-empty`));
      const ended = new Promise<void>((resolve) => {
        session.on('state', ({ state }) => state === 'ended' && resolve());
      });
      // Longer than the session may be idle: one who speaks is not.
      const tone = Int16Array.from({ length: 36_000 }, (_, at) => Math.sin(at / 10) * 8000);
      const utterance = session.bot.begin();
      utterance.write(tone, { sampleRate: 24_000 });
      utterance.end();
      await ended;
      if (!hasBegun) continue;
      const stored = await recorder.readSession(session.sessionId);
      told.push(`kept ${stored?.segments.map(({ speaker }) => speaker).join(', ') ?? 'nothing'}`);
      await recorder.dispose();
      return told;
    }
    throw new Error('the bot never spoke');
  });
  await site.close();
  expect(told).toEqual(['bot turn-end', 'idle 1000', 'user track-empty', 'kept bot']);
  expect(troubles).toEqual([]);
});
