import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, type Page, expect, test } from '@playwright/test';
import type { GapEvent, Recorder, RecorderOptions, Segment, Session } from 'turntape';
import { generateSealKeys, unseal } from 'turntape/unseal';
import { launchBrowser } from './support/launch-browser.ts';
import { withoutMachineGaps } from './support/machine-gaps.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';
import { decodeAudio } from './support/read-audio.ts';
import { engineWorker } from './support/ruler-session.ts';
import { watchWall } from './support/wall-witness.ts';

/** A crash of the engine in the middle of a turn, under what it may have been doing to the audio. */

interface Kind {
  recorder: Recorder;
  session: Session;
  errors: string[];
  gaps: GapEvent[];
  segments: Segment[];
  /** What a backend is given, base64, by segment. */
  files: Record<string, string>;
  /** Settles when the user's track is so much longer than now. */
  heard: (milliseconds: number) => Promise<void>;
  restarted: Promise<void>;
  /** How much later than asked for the page's timer has been, in all. */
  restedMs: () => number;
  stopWriting: () => void;
  end: () => void;
}

declare global {
  interface Window {
    kind: Kind;
  }
}

/** How much later what was written may be at the engine. */
const LATE_MS = 100;

type Options = Pick<RecorderOptions, 'encryption' | 'encoder' | 'format' | 'microphone'>;

test('[LOSS-22] a crash of the engine costs no kind of file: encrypted, sealed, by WebAssembly, MP3, and of a user whom the app writes', async () => {
  const { publicKey, privateKey } = await generateSealKeys();
  const kinds: { name: string; options: Options; container: string }[] = [
    { name: 'encrypted for this device', options: { encryption: 'device' }, container: 'ogg' },
    { name: 'sealed', options: { encryption: { publicKey, keyId: 'k' } }, container: 'ogg' },
    { name: 'Opus by WebAssembly', options: { encoder: { engine: 'wasm' } }, container: 'ogg' },
    { name: 'MP3', options: { format: 'mp3' }, container: 'mp3' },
    { name: 'a user whom the app writes', options: { format: 'wav', microphone: false }, container: 'wav' },
  ];
  const folder = await mkdtemp(join(tmpdir(), 'turntape-crash-'));
  const site = await openSite();
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page, troubles } = await openRecorderPage(browser, site);
  await watchWall(page);
  for (const { name, options, container } of kinds) {
    const made = await crashUnder(page, browser, options);
    // A machine that stands still leaves entries of its own; of an app that writes, also where its timer was late.
    const found = withoutMachineGaps(made.gaps, made.notAskedMs).filter(
      ({ cause, startMs, endMs }) => cause !== 'stream_stalled' || endMs - startMs > made.restedMs + LATE_MS,
    );
    expect(made.errors, name).toEqual(['engine_restarted']);
    // One turn with the key down: a part before, and a part after on the next frame, or with the ledger's word for it.
    expect(
      made.segments.map(({ part, endReason }) => [part, endReason]),
      name,
    ).toEqual([
      [1, 'crash'],
      [2, 'manual'],
    ]);
    const [before, after] = made.segments as [Segment, Segment];
    expect(after.turnId, name).toBe(before.turnId);
    expect(found.length, name).toBeGreaterThan(0);
    for (const { cause, speaker } of found)
      expect(speaker === 'user' || speaker === undefined ? cause : 'engine_crash', name).toBe('engine_crash');
    const missing = made.gaps.filter(({ speaker }) => speaker !== 'bot').map(({ startMs, endMs }) => endMs - startMs);
    const between = ((after.startFrame - before.endFrame) / before.clockRate) * 1000;
    expect(between, name).toBeGreaterThanOrEqual(-0.1);
    expect(between, name).toBeLessThanOrEqual(Math.max(0.1, ...missing) + 0.1);
    expect(before.durationMs + after.durationMs, name).toBeGreaterThan(1500);
    for (const segment of made.segments) {
      const bytes = Buffer.from(made.files[segment.segmentId] ?? '', 'base64');
      expect(bytes.length, name).toBe(segment.byteSize);
      const isSealed = segment.capture.sealed !== undefined;
      expect(isSealed, name).toBe(name === 'sealed');
      const audio = isSealed ? (await unseal(new Uint8Array(bytes), privateKey)).file : bytes;
      const file = join(folder, `${segment.segmentId}.${container}`);
      await writeFile(file, audio);
      const decoded = await decodeAudio(file);
      expect(decoded.container, name).toBe(container);
      expect((decoded.samples.length / decoded.sampleRate) * 1000, name).toBeCloseTo(segment.durationMs, 1);
      // It is what was heard: noise from end to end, and no silence in the place of it, but where it says so.
      const window = decoded.sampleRate / 10;
      const isTold = (fromMs: number): boolean =>
        segment.gaps.some(({ startMs, endMs }) => startMs < fromMs + 100 && endMs > fromMs);
      for (let at = 0; at + window <= decoded.samples.length; at += window)
        expect(
          isTold((at / window) * 100) ||
            decoded.samples.subarray(at, at + window).some((sample) => Math.abs(sample) > 50),
          `${name} ${at}: ${JSON.stringify(segment.gaps)}`,
        ).toBe(true);
    }
  }
  await browser.close();
  await site.close();
  await rm(folder, { recursive: true });
  expect(troubles).toEqual([]);
});

async function crashUnder(page: Page, browser: BrowserContext, options: Options) {
  await page.evaluate(start, options);
  await page.evaluate(() => window.kind.heard(1200));
  await engineWorker(browser).evaluate(() => self.close());
  await page.evaluate(() => window.kind.restarted);
  await page.evaluate(() => window.kind.heard(800));
  return page.evaluate(async () => {
    const { recorder, session, errors, gaps, segments, files, stopWriting, end, restedMs } = window.kind;
    session.user.endTurn();
    await new Promise<void>((resolve) => {
      const look = (): void => (segments.some(({ endReason }) => endReason === 'manual') ? resolve() : undefined);
      session.on('segment-kept', () => queueMicrotask(look));
      look();
    });
    // Before the session is over: a write to one that has ended is an error of the app.
    stopWriting();
    await session.stop();
    await session.whenDelivered();
    await recorder.dispose();
    end();
    return { errors, gaps, segments, files, restedMs: restedMs(), notAskedMs: window.wallSkippedMs };
  });
}

/** Runs in the page. */
async function start(options: Options): Promise<void> {
  const EVERY_MS = 20;
  const files: Record<string, string> = {};
  // In the session's own context: on a busy machine a device, or another context, would come too late with its noise.
  const audioContext = new AudioContext();
  const buffer = audioContext.createBuffer(1, audioContext.sampleRate * 2, audioContext.sampleRate);
  buffer.getChannelData(0).forEach((_, at, samples) => (samples[at] = 0.01 + Math.random() * 0.06));
  const noise = new AudioBufferSourceNode(audioContext, { buffer, loop: true });
  const air = audioContext.createMediaStreamDestination();
  noise.connect(air);
  noise.start();
  const recorder = await window.turntape.createRecorder({
    consent: 'granted',
    vad: false,
    audioContext,
    microphone: air.stream,
    ...options,
    target: {
      async send({ segment_id, sha256, byte_size }, audio) {
        const url = await new Promise<string>((resolve) => {
          const reader = new FileReader();
          reader.addEventListener('load', () => resolve(reader.result as string));
          reader.readAsDataURL(audio ?? new Blob());
        });
        files[segment_id] = url.slice(url.indexOf(',') + 1);
        return { segment_id, sha256, byte_size };
      },
    },
  });
  const session = await recorder.startSession();
  const errors: string[] = [];
  const gaps: GapEvent[] = [];
  const segments: Segment[] = [];
  session.on('error', ({ error }) => errors.push(error.code));
  const restarted = new Promise<void>((resolve) =>
    session.on('error', ({ error }) => error.code === 'engine_restarted' && resolve()),
  );
  session.on('gap', (event) => gaps.push(event));
  session.on('segment-kept', ({ segment }) => segments.push(segment));
  // The app's own microphone stack: as much as has passed since it wrote before.
  let writtenMs = performance.now();
  let lookedMs = writtenMs;
  let restedMs = 0;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    restedMs += Math.max(0, nowMs - lookedMs - EVERY_MS);
    lookedMs = nowMs;
    if (options.microphone !== false) return;
    const frames = Math.round(((performance.now() - writtenMs) / 1000) * 48_000);
    writtenMs += (frames / 48_000) * 1000;
    const noise = Float32Array.from({ length: frames }, () => (Math.random() - 0.5) / 4);
    if (frames > 0) session.user.write(noise, { sampleRate: 48_000 });
  }, EVERY_MS);
  window.kind = {
    recorder,
    session,
    errors,
    gaps,
    segments,
    files,
    restarted,
    restedMs: () => restedMs,
    stopWriting: () => clearInterval(timer),
    end: () => void audioContext.close(),
    heard: async (milliseconds) => {
      let from: number | undefined;
      await new Promise<void>((resolve) => {
        const off = session.on('level', ({ speaker, atMs }) => {
          if (speaker !== 'user') return;
          from ??= atMs;
          if (atMs < from + milliseconds) return;
          off();
          resolve();
        });
      });
    },
  };
  await window.kind.heard(200);
  session.user.startTurn();
}
