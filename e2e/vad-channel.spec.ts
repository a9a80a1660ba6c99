import { expect, test } from '@playwright/test';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { launchBrowser } from './support/launch-browser.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';

interface Heard {
  message: { type: string; timestamp: number; turn_id?: string };
  atMs: number;
}

test('[CUT-15] client_vad_start and _stop leave by the port of the app while the page stands still', async () => {
  const file = (await makeSpeech()).microphones['one-turn-48000']?.file ?? '';
  const site = await openSite();
  const browser = await launchBrowser({ microphone: { file } });
  const { page, troubles } = await openRecorderPage(browser, site);

  const result = await page.evaluate(async () => {
    const worker = new Worker('./listening-worker.js');
    const { port1, port2 } = new MessageChannel();
    worker.postMessage({ port: port1 }, [port1]);
    const recorder = await window.turntape.createRecorder({ consent: 'granted', vadChannel: port2, vadTurnId: true });
    const again = await window.turntape
      .createRecorder({ vadChannel: port2 })
      .then(() => undefined)
      .catch((error: InstanceType<typeof window.turntape.TurntapeError>) => ({ code: error.code, field: error.field }));
    const session = await recorder.startSession();
    const events: unknown[] = [];
    session.on('client_vad_start', ({ message }) => events.push(message));
    session.on('client_vad_stop', ({ message }) => events.push(message));
    const ended = new Promise<string>((resolve) => session.on('turn-end', ({ turn }) => resolve(turn.turnId)));
    // The user speaks two seconds from now, for some three.
    const blockedFrom = Date.now();
    while (Date.now() < blockedFrom + 7500);
    const blockedTo = Date.now();
    const turnId = await ended;
    const heard = await new Promise<Heard[]>((resolve) => {
      worker.addEventListener('message', ({ data }) => resolve(data as Heard[]));
      worker.postMessage('tell');
    });
    await session.stop();
    await recorder.dispose();
    return { heard, events, blockedFrom, blockedTo, turnId, again };
  });
  await browser.close();
  await site.close();

  expect(troubles).toEqual([]);
  expect(result.again).toEqual({ code: 'invalid_option', field: 'vadChannel' });
  expect(result.heard.map(({ message }) => message)).toEqual(result.events);
  expect(result.heard.map(({ message }) => message)).toEqual([
    { type: 'client_vad_start', timestamp: expect.any(Number), turn_id: result.turnId },
    { type: 'client_vad_stop', timestamp: expect.any(Number), turn_id: result.turnId },
  ]);
  for (const { message, atMs } of result.heard) {
    expect(atMs).toBeGreaterThan(result.blockedFrom);
    expect(atMs).toBeLessThan(result.blockedTo);
    // The stop is known after the end silence, 800 ms; a page in the way would have added seconds to the start.
    expect(atMs - message.timestamp * 1000).toBeLessThan(message.type === 'client_vad_start' ? 500 : 1500);
  }
});

test('[CUT-15] a data channel takes the messages as JSON; one that can be given away no more is refused', async () => {
  const file = (await makeSpeech()).microphones['one-turn-48000']?.file ?? '';
  const site = await openSite();
  const browser = await launchBrowser({ microphone: { file } });
  const { page } = await openRecorderPage(browser, site);
  const result = await page.evaluate(async () => {
    const near = new RTCPeerConnection();
    const far = new RTCPeerConnection();
    near.addEventListener('icecandidate', ({ candidate }) => void far.addIceCandidate(candidate ?? undefined));
    far.addEventListener('icecandidate', ({ candidate }) => void near.addIceCandidate(candidate ?? undefined));
    const messages: unknown[] = [];
    const twice = new Promise<void>((resolve) =>
      far.addEventListener('datachannel', ({ channel }) =>
        channel.addEventListener('message', ({ data }) => {
          if (messages.push(JSON.parse(data as string)) === 2) resolve();
        }),
      ),
    );
    const { createRecorder, TurntapeError } = window.turntape;
    const late = near.createDataChannel('late');
    // In the task that made it: later it can be given away no more.
    const recorder = await createRecorder({ consent: 'granted', vadChannel: near.createDataChannel('vad') });
    const refused = await createRecorder({ vadChannel: late }).catch((thrown: unknown) =>
      thrown instanceof TurntapeError ? { code: thrown.code, field: thrown.field } : thrown,
    );
    await near.setLocalDescription();
    await far.setRemoteDescription(near.localDescription as RTCSessionDescription);
    await far.setLocalDescription();
    await near.setRemoteDescription(far.localDescription as RTCSessionDescription);
    const session = await recorder.startSession();
    await twice;
    await session.stop();
    await recorder.dispose();
    near.close();
    far.close();
    return { refused, messages };
  });
  await browser.close();
  await site.close();
  expect(result.refused).toEqual({ code: 'invalid_option', field: 'vadChannel' });
  expect(result.messages).toEqual([
    { type: 'client_vad_start', timestamp: expect.any(Number) },
    { type: 'client_vad_stop', timestamp: expect.any(Number) },
  ]);
});
