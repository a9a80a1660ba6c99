import { expect, test } from '@playwright/test';
import { launchBrowser } from './support/launch-browser.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import { type VoiceModule, readWord } from './support/voice.ts';

interface Heard {
  message: { type: string; timestamp: number; turn_id?: string };
  atMs: number;
}

test('[CUT-15] client_vad_start and _stop leave by the port of the app while the page stands still', async () => {
  const word = await readWord();
  const site = await openSite();
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page, troubles } = await openRecorderPage(browser, site);

  const result = await page.evaluate(async ({ wav, turn }) => {
    const address = './voice.js';
    const { openVoice } = (await import(address)) as VoiceModule;
    const { stream: microphone, say } = await openVoice(wav, turn);
    const worker = new Worker('./listening-worker.js');
    const { port1, port2 } = new MessageChannel();
    worker.postMessage({ port: port1 }, [port1]);
    const vad = { vadChannel: port2, vadTurnId: true };
    const recorder = await window.turntape.createRecorder({ consent: 'granted', microphone, ...vad });
    const again = await window.turntape
      .createRecorder({ vadChannel: port2 })
      .then(() => undefined)
      .catch((error: InstanceType<typeof window.turntape.TurntapeError>) => ({ code: error.code, field: error.field }));
    const session = await recorder.startSession();
    const events: unknown[] = [];
    session.on('client_vad_start', ({ message }) => events.push(message));
    session.on('client_vad_stop', ({ message }) => events.push(message));
    const ended = new Promise<string>((resolve) => session.on('turn-end', ({ turn }) => resolve(turn.turnId)));
    // The user speaks half a second from now, for two and a half.
    say(500);
    const blockedFrom = Date.now();
    while (Date.now() < blockedFrom + 6000);
    const blockedTo = Date.now();
    const turnId = await ended;
    const heard = await new Promise<Heard[]>((resolve) => {
      worker.addEventListener('message', ({ data }) => resolve(data as Heard[]));
      worker.postMessage('tell');
    });
    await session.stop();
    await recorder.dispose();
    return { heard, events, blockedFrom, blockedTo, turnId, again };
  }, word);
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
    expect(message.timestamp * 1000).toBeGreaterThan(result.blockedFrom);
    expect(atMs).toBeGreaterThanOrEqual(Math.floor(message.timestamp * 1000));
    expect(atMs).toBeLessThan(result.blockedTo);
  }
  // The start is told as it is heard: the user is still speaking, for two seconds and more.
  expect((result.heard[1]?.atMs ?? 0) - (result.heard[0]?.atMs ?? 0)).toBeGreaterThan(2000);
});

test('[CUT-15] a data channel takes the messages as JSON; one that can be given away no more is refused', async () => {
  const word = await readWord();
  const site = await openSite();
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page } = await openRecorderPage(browser, site);
  const result = await page.evaluate(async ({ wav, turn }) => {
    const address = './voice.js';
    const { openVoice } = (await import(address)) as VoiceModule;
    const { stream: microphone, say } = await openVoice(wav, turn);
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
    const vadChannel = near.createDataChannel('vad');
    const recorder = await createRecorder({ consent: 'granted', microphone, vadChannel });
    const refused = await createRecorder({ vadChannel: late }).catch((thrown: unknown) =>
      thrown instanceof TurntapeError ? { code: thrown.code, field: thrown.field } : thrown,
    );
    await near.setLocalDescription();
    await far.setRemoteDescription(near.localDescription as RTCSessionDescription);
    await far.setLocalDescription();
    await near.setRemoteDescription(far.localDescription as RTCSessionDescription);
    const session = await recorder.startSession();
    say(100);
    await twice;
    await session.stop();
    await recorder.dispose();
    near.close();
    far.close();
    return { refused, messages };
  }, word);
  await browser.close();
  await site.close();
  expect(result.refused).toEqual({ code: 'invalid_option', field: 'vadChannel' });
  expect(result.messages).toEqual([
    { type: 'client_vad_start', timestamp: expect.any(Number) },
    { type: 'client_vad_stop', timestamp: expect.any(Number) },
  ]);
});
