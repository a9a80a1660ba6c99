import { expect, test } from '@playwright/test';
import { launchBrowser } from './support/launch-browser.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import { type VoiceModule, readWord } from './support/voice.ts';

interface Heard {
  message: { type: string; timestamp: number; turn_id?: string };
  atMs: number;
}

interface Frame {
  fromMs: number;
  lostMs: number;
  atMs: number;
  samples: number;
  peak: number;
}

test('[CUT-15][TEE-7] client_vad_start and _stop, and the user’s audio, leave by ports of the app while the page stands still', async () => {
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
    const vad = { vadChannel: port2, vadTurnId: true };
    const recorder = await window.turntape.createRecorder({ consent: 'granted', microphone, ...vad });
    const again = await window.turntape
      .createRecorder({ vadChannel: port2 })
      .then(() => undefined)
      .catch((error: InstanceType<typeof window.turntape.TurntapeError>) => ({ code: error.code, field: error.field }));
    const session = await recorder.startSession();
    const { port: tee } = session.user.tee();
    worker.postMessage({ port: port1, tee }, [port1, tee]);
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
    const { heard, frames } = await new Promise<{ heard: Heard[]; frames: Frame[] }>((resolve) => {
      worker.addEventListener('message', ({ data }) => resolve(data as { heard: Heard[]; frames: Frame[] }));
      worker.postMessage('tell');
    });
    await session.stop();
    await recorder.dispose();
    return { heard, frames, events, blockedFrom, blockedTo, turnId, again };
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
  // Without a hole, as it was spoken, and while nobody on the page could have passed it on.
  const { frames, blockedFrom, blockedTo } = result;
  expect(new Set(frames.map(({ samples, lostMs }) => `${samples} ${lostMs}`))).toEqual(new Set(['320 0']));
  const begins = frames[0]?.fromMs ?? 0;
  expect(frames.every(({ fromMs }, at) => Math.abs(fromMs - begins - at * 20) < 1e-6)).toBe(true);
  const meanwhile = frames.filter(({ atMs }) => atMs > blockedFrom && atMs < blockedTo);
  expect(meanwhile.length).toBeGreaterThan(100);
  expect(Math.max(...meanwhile.map(({ peak }) => peak))).toBeGreaterThan(1000);
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
