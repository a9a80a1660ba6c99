import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { wavFile } from './fixtures/wav.mjs';
import { launchBrowser } from './support/launch-browser.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';

test('[DIAG-2] [DIAG-5] before a session: no consent, a microphone that was denied or is none, a backend that is down', async () => {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page } = await openRecorderPage(browser, site);
  await page.route('**/v1/config', (route) => route.abort());
  const devtools = await browser.newCDPSession(page);
  await devtools.send('Browser.setPermission', { permission: { name: 'microphone' }, setting: 'denied' });
  const { before, after } = await page.evaluate(async () => {
    const { createRecorder, httpTarget } = window.turntape;
    const recorder = await createRecorder({ vad: false, target: httpTarget('/v1') });
    const before = await recorder.diagnose();
    await recorder.grantConsent({ subject: 'user-42', textVersion: '2026-11' });
    const after = await recorder.diagnose();
    await recorder.dispose();
    return { before, after };
  });
  expect(before.findings.map(({ area, code }) => `${area} ${code}`)).toEqual([
    'consent consent_required',
    'microphone microphone_denied',
    'microphone microphone_not_found',
    'delivery network',
  ]);
  expect(before.facts).toMatchObject({ secureContext: true, permission: 'denied', microphones: 0 });
  expect(before.facts.quotaBytes).toBeGreaterThan(0);
  expect(after.findings.map(({ code }) => code)).not.toContain('consent_required');
  await browser.close();
  await site.close();
});

test('[DIAG-1] [DIAG-3] in a session: nothing while it is heard; a silent microphone, a mute and a suspended context by their names', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'turntape-silence-')), 'silence.wav');
  // Four seconds of noise, and nothing after them.
  await writeFile(
    file,
    wavFile(
      Int16Array.from({ length: 48_000 * 30 }, (_, at) => (at < 192_000 ? Math.round(Math.random() * 2000) : 0)),
      48_000,
    ),
  );
  const site = await openSite();
  const browser = await launchBrowser({ microphone: { file } });
  const { page, troubles } = await openRecorderPage(browser, site);
  const told = await page.evaluate(async () => {
    const { createRecorder } = window.turntape;
    const recorder = await createRecorder({ consent: 'granted', vad: false });
    const session = await recorder.startSession();
    const codes = async (): Promise<string[]> => (await recorder.diagnose()).findings.map(({ code }) => code);
    const heard = await codes();
    await new Promise<void>((resolve) => {
      session.on('microphone', ({ state }) => state === 'silent' && resolve());
      if (session.microphone.state === 'silent') resolve();
    });
    const silent = await codes();
    await session.mute();
    const muted = (await recorder.diagnose()).facts.muted;
    const suspended = new Promise<void>((resolve) =>
      session.on('state', ({ state }) => state === 'suspended' && resolve()),
    );
    await session.audioContext.suspend();
    await suspended;
    const paused = await codes();
    await session.resume();
    await session.stop();
    await recorder.dispose();
    return { heard, silent, muted, paused };
  });
  expect(told.heard).toEqual([]);
  expect(told.silent).toEqual(['input_silent']);
  expect(told.muted).toBe(true);
  expect(told.paused).toContain('audio_context_suspended');
  expect(troubles).toEqual([]);
  await browser.close();
  await site.close();
});
