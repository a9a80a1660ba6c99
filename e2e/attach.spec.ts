import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { Segment, Session } from 'turntape';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { wavFile } from './fixtures/wav.mjs';
import { launchBrowser } from './support/launch-browser.ts';
import { withoutMachineGaps } from './support/machine-gaps.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import { watchWall } from './support/wall-witness.ts';

/** Whatever already plays the bot can be attached: each kind of source, in one page, one session each. */
test('[HEAR-4] a stream, a track, a remote stream, an element and a node are recorded as bot turns', async () => {
  const { microphones, replies } = await makeSpeech();
  const folder = await mkdtemp(join(tmpdir(), 'turntape-speech-'));
  const pcm = await readFile(replies[2]?.file ?? '');
  const whole = new Int16Array(pcm.buffer.slice(pcm.byteOffset, pcm.byteOffset + pcm.byteLength));
  // The reply's first second, from its first sound: seven kinds, each in its own time.
  const begins = whole.findIndex((sample) => Math.abs(sample) > 1000);
  const samples = whole.slice(begins, begins + 24_000);
  await writeFile(join(folder, 'reply-3.wav'), wavFile(samples, 24_000));
  const site = await openSite({ folders: { '/speech/': folder } });
  const browser = await launchBrowser({ microphone: { file: microphones['one-turn-48000']?.file ?? '' } });
  const { page, troubles } = await openRecorderPage(browser, site);
  await watchWall(page);
  const reply = Buffer.from(samples.buffer).toString('base64');

  const result = await page.evaluate(async (reply) => {
    const { createRecorder, TurntapeError } = window.turntape;
    const samples = new Int16Array(Uint8Array.from(atob(reply), (char) => char.charCodeAt(0)).buffer);
    const lengthMs = (samples.length / 24_000) * 1000;
    // No detector and no microphone of the person's: only the bot speaks here.
    const silence = new AudioContext().createMediaStreamDestination().stream;
    const recorder = await createRecorder({ consent: 'granted', format: 'wav', vad: false, microphone: silence });

    const player = new AudioContext();
    const buffer = player.createBuffer(1, samples.length, 24_000);
    buffer.copyToChannel(
      Float32Array.from(samples, (sample) => sample / 32_768),
      0,
    );
    const say = (context: BaseAudioContext, into: AudioNode): void => {
      const source = new AudioBufferSourceNode(context, { buffer });
      source.connect(into);
      source.start();
    };
    const record = async (
      attach: (session: Session) => Promise<() => void>,
    ): Promise<{ segments: Segment[]; said: number; skippedMs: number }> => {
      const session = await recorder.startSession();
      const from = window.wallSkippedMs;
      const segments: Segment[] = [];
      let told: (() => void) | undefined;
      session.on('segment-kept', ({ segment }) => {
        segments.push(segment);
        told?.();
      });
      const begin = await attach(session);
      // A machine that stops for a moment parts the reply in two, and WebRTC throws away what came too late: again.
      let said = 0;
      for (let heardMs = 0; heardMs < lengthMs * 0.7 && said < 5; said += 1) {
        const kept = new Promise<void>((resolve) => (told = resolve));
        begin();
        await kept;
        heardMs = segments.reduce((sum, { durationMs }) => sum + durationMs, 0);
      }
      await session.stop();
      return { segments, said, skippedMs: window.wallSkippedMs - from };
    };

    const codeOf = async (work: Promise<unknown>): Promise<string | undefined> =>
      work.then(
        () => undefined,
        (thrown: unknown) => (thrown instanceof TurntapeError ? thrown.code : String(thrown)),
      );

    const stream = await record(async (session) => {
      const loudspeaker = player.createMediaStreamDestination();
      await session.bot.attach(loudspeaker.stream);
      return () => say(player, loudspeaker);
    });
    const track = await record(async (session) => {
      const loudspeaker = player.createMediaStreamDestination();
      const [track] = loudspeaker.stream.getAudioTracks();
      await session.bot.attach(track as MediaStreamTrack, { play: true });
      return () => say(player, loudspeaker);
    });
    // [U-14] A remote stream that no element plays: silence in Chromium, unless something pulls it.
    const remote = await record(async (session) => {
      const loudspeaker = player.createMediaStreamDestination();
      const [here, there] = [new RTCPeerConnection(), new RTCPeerConnection()];
      here.onicecandidate = ({ candidate }) => void there.addIceCandidate(candidate ?? undefined);
      there.onicecandidate = ({ candidate }) => void here.addIceCandidate(candidate ?? undefined);
      const arrived = new Promise<MediaStream>(
        (resolve) => (there.ontrack = ({ streams }) => resolve(streams[0] as MediaStream)),
      );
      for (const each of loudspeaker.stream.getTracks()) here.addTrack(each, loudspeaker.stream);
      await here.setLocalDescription();
      await there.setRemoteDescription(here.localDescription as RTCSessionDescription);
      await there.setLocalDescription();
      await here.setRemoteDescription(there.localDescription as RTCSessionDescription);
      await session.bot.attach(await arrived);
      await new Promise<void>((resolve) => {
        const look = (): void => (there.connectionState === 'connected' ? resolve() : undefined);
        there.onconnectionstatechange = look;
        look();
      });
      return () => say(player, loudspeaker);
    });
    const node = await record(async (session) => {
      const gain = session.audioContext.createGain();
      await session.bot.attach(gain);
      return () => say(session.audioContext, gain);
    });
    // An element that plays a stream goes on playing it by itself; one that plays a file sounds through us from then on.
    const streamElement = await record(async (session) => {
      const loudspeaker = player.createMediaStreamDestination();
      const audio = new Audio();
      audio.srcObject = loudspeaker.stream;
      await audio.play();
      await session.bot.attach(audio);
      return () => say(player, loudspeaker);
    });
    const element = await record(async (session) => {
      const audio = new Audio('/speech/reply-3.wav');
      await session.bot.attach(audio);
      return () => void audio.play();
    });
    const manual = await record(async (session) => {
      const gain = session.audioContext.createGain();
      const attachment = await session.bot.attach(gain, { boundaries: 'manual' });
      return () => {
        const source = new AudioBufferSourceNode(session.audioContext, { buffer });
        source.connect(gain);
        source.addEventListener('ended', () => attachment.endTurn());
        attachment.startTurn();
        source.start();
      };
    });

    const session = await recorder.startSession();
    const refused = {
      foreign: await codeOf(session.bot.attach(player.createGain())),
      empty: await codeOf(session.bot.attach(new MediaStream())),
      taken: await (async () => {
        await session.bot.attach(session.audioContext.createGain());
        return codeOf(session.bot.attach(session.audioContext.createGain()));
      })(),
    };
    await session.stop();
    const ended = await codeOf(session.bot.attach(new MediaStream()));
    await recorder.dispose();
    return { lengthMs, recorded: { stream, track, remote, node, streamElement, element, manual }, refused, ended };
  }, reply);
  await browser.close();
  await site.close();
  await rm(folder, { recursive: true });

  expect(troubles).toEqual([]);
  for (const [kind, { segments, said, skippedMs }] of Object.entries(result.recorded)) {
    // What the ear calls the reply, its pauses included: activity may clip quiet edges, a hang-over is trimmed.
    const durationMs = segments.reduce((sum, segment) => sum + segment.durationMs, 0);
    expect(durationMs, kind).toBeGreaterThan(result.lengthMs * 0.7);
    expect(durationMs, kind).toBeLessThan(said * (result.lengthMs + 800));
    for (const segment of segments)
      expect(segment, kind).toMatchObject({ generatedMs: null, renderedMs: expect.any(Number) });
    const gaps = segments.flatMap((segment) => segment.gaps);
    // Now and then Chromium renders some quanta without asking any processor: each was missed by the witness, too.
    expect(withoutMachineGaps(gaps, skippedMs), `${kind}, ${skippedMs} ms not asked for`).toEqual([]);
  }
  expect(result.refused).toEqual({ foreign: 'source_foreign_context', empty: 'source_empty', taken: 'source_taken' });
  expect(result.ended).toBe('session_ended');
});
