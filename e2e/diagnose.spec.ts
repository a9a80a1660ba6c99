import { expect, test } from '@playwright/test';
import { launchBrowser } from './support/launch-browser.ts';
import { noiseMicrophone } from './support/noise-microphone.ts';
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
  const site = await openSite();
  const browser = await launchBrowser({ microphone: { file: await noiseMicrophone() } });
  const { page, troubles } = await openRecorderPage(browser, site);
  const told = await page.evaluate(async () => {
    // A switch on the device's cable: what it gives is passed on until the test says otherwise.
    const room = new AudioContext();
    const cable = room.createMediaStreamDestination();
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    let device: AudioNode | undefined;
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      device = room.createMediaStreamSource(await ask(constraints));
      device.connect(cable);
      return cable.stream;
    };
    const { createRecorder } = window.turntape;
    const recorder = await createRecorder({ consent: 'granted', vad: false });
    const session = await recorder.startSession();
    const codes = async (): Promise<string[]> => (await recorder.diagnose()).findings.map(({ code }) => code);
    // It is heard.
    await new Promise<void>((resolve) => {
      session.on('level', ({ speaker, rmsDb }) => speaker === 'user' && rmsDb > -Infinity && resolve());
    });
    const heard = await codes();
    device?.disconnect();
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
