import type { BrowserContext } from '@playwright/test';
import type { GapEvent, Recorder, Session, SessionStats, StoredSegment } from 'turntape';
import { alignRuler, decodeRuler } from '../fixtures/ruler.mjs';
import { rulerText } from './ruler-text.ts';

/** Ten seconds, then from the beginning again. */
export const LOOP_TICKS = 1000;
const RATE = 48_000;
const TICK = RATE / 100;

/** A page in which functions run: Playwright's, or one that it does not know. They can use nothing from outside of themselves. */
export interface Scripted {
  evaluate<Result, Argument>(
    work: (argument: Argument) => Result | Promise<Result>,
    argument?: Argument,
  ): Promise<Result>;
}

/** What the page keeps for the steps of a test. */
interface Rig {
  recorder: Recorder;
  session: Session;
  gaps: GapEvent[];
  errors: string[];
  turns: string[];
}

declare global {
  interface Window {
    rig: Rig;
  }
}

/** What a session came to. */
export interface RulerRecord {
  segments: (StoredSegment & { audio: Int16Array })[];
  gaps: GapEvent[];
  errors: string[];
  /** `user turn-start`, `bot turn-end drained` … in order. */
  turns: string[];
  stats: SessionStats;
  /** Of the capture clock, when `stop()` was called. */
  stopFrame: number;
}

/**
 * A session that hears a ruler without end, from a context of the page's own: each 10 ms of the user's track has a
 * number. The whole track is one turn, a WAV file at the context's rate, so that not a sample is changed on the way.
 */
export async function startRulerSession(page: Scripted): Promise<void> {
  const text = rulerText({ ticks: LOOP_TICKS, sampleRate: RATE });
  await page.evaluate(
    async ({ text, RATE }) => {
      const ruler = new Int16Array(Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0)).buffer);
      const audioContext = new AudioContext({ sampleRate: RATE });
      const buffer = audioContext.createBuffer(1, ruler.length, RATE);
      buffer.copyToChannel(
        Float32Array.from(ruler, (sample) => sample / 32_768),
        0,
      );
      const source = new AudioBufferSourceNode(audioContext, { buffer, loop: true });
      const microphone = audioContext.createMediaStreamDestination();
      source.connect(microphone);
      source.start();
      const recorder = await window.turntape.createRecorder({
        consent: 'granted',
        format: 'wav',
        sampleRate: 'native',
        vad: false,
        turns: { mode: 'continuous', maxSegmentMs: 3_600_000 },
        audioContext,
        microphone: microphone.stream,
      });
      const session = await recorder.startSession();
      const rig: Rig = { recorder, session, gaps: [], errors: [], turns: [] };
      session.on('gap', (event) => rig.gaps.push(event));
      session.on('error', ({ error }) => rig.errors.push(error.code));
      for (const type of ['turn-start', 'turn-end'] as const)
        session.on(type, ({ turn }) =>
          rig.turns.push(`${turn.speaker} ${type}${turn.endReason ? ` ${turn.endReason}` : ''}`),
        );
      window.rig = rig;
    },
    { text, RATE },
  );
}

/** Settles when the session is so much longer than now, by what the engine has heard. */
export async function heardFor(page: Scripted, milliseconds: number): Promise<void> {
  await page.evaluate(async (milliseconds) => {
    const { session } = window.rig;
    const from = (await session.stats()).lengthMs;
    await new Promise<void>((resolve) => {
      const off = session.on('level', ({ atMs }) => {
        if (atMs < from + milliseconds) return;
        off();
        resolve();
      });
    });
  }, milliseconds);
}

/** Settles when nothing waits in the worklets any more. */
export async function caughtUp(page: Scripted): Promise<void> {
  await page.evaluate(async () => {
    const { session } = window.rig;
    for (;;) {
      await new Promise<void>((resolve) => {
        const off = session.on('level', () => {
          off();
          resolve();
        });
      });
      const { user, bot } = (await session.stats()).queues;
      if (user.waitingMs === 0 && bot.waitingMs === 0) return;
    }
  });
}

/** The engine's worker of a page, for whoever wants to harm it. */
export function engineWorker(context: BrowserContext) {
  const worker = context
    .pages()[0]
    ?.workers()
    // The newest: of one that has died the word may not have come yet, and what it is asked it never answers.
    .findLast((each) => each.url().includes('engine.worker'));
  if (!worker) throw new Error('There is no engine.');
  return worker;
}

/** Stops the session and reads what is kept of it. */
export async function endRulerSession(page: Scripted): Promise<RulerRecord> {
  const { segments, ...rest } = await page.evaluate(async () => {
    const { recorder, session, gaps, errors, turns } = window.rig;
    const stats = await session.stats();
    const { currentTime, sampleRate } = session.audioContext;
    await session.stop();
    const [stored] = await recorder.sessions();
    const segments = [];
    for (const segment of stored?.segments ?? []) {
      const bytes = (await recorder.readAudio(segment.segmentId)) ?? new ArrayBuffer(0);
      // As text: an array of numbers takes a minute to cross over.
      const url = await new Promise<string>((resolve) => {
        const reader = new FileReader();
        reader.addEventListener('load', () => resolve(reader.result as string));
        reader.readAsDataURL(new Blob([bytes.slice(44)]));
      });
      segments.push({ ...segment, text: url.slice(url.indexOf(',') + 1) });
    }
    await recorder.dispose();
    return { segments, gaps, errors, turns, stats, stopFrame: Math.floor(currentTime * sampleRate) };
  });
  return {
    ...rest,
    segments: segments.map(({ text, ...segment }) => {
      const bytes = Buffer.from(text, 'base64');
      return { ...segment, audio: new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2) };
    }),
  };
}

/** Where a track does not go on by one tick every 10 ms. */
export interface RulerFault {
  atMs: number;
  /** What is read there, and what should be. */
  found: number | 'silence' | 'mixed';
  wanted: number;
}

/** What a ruler was read to be. */
export interface RulerReading {
  faults: RulerFault[];
  ticks: number;
  /** Numbers of the first and the last tick; undefined where they cannot be read. */
  first: number | undefined;
  last: number | undefined;
}

/**
 * Reads every 10 ms of a recorded ruler by its number, from the first whole tick on. Not a frame is missing or there twice
 * exactly when nothing is found: a single one more or less would smear every tick behind it.
 */
export function rulerFaults(audio: Int16Array): RulerReading {
  // The microphone's path begins with some silence.
  const near =
    Math.max(
      0,
      audio.findIndex((sample) => sample !== 0),
    ) + TICK;
  const start = alignRuler(audio, { sampleRate: RATE, near });
  const read = decodeRuler(audio, { sampleRate: RATE, start });
  const first = read[0]?.number ?? 0;
  const faults: RulerFault[] = [];
  for (const [index, tick] of read.entries()) {
    const wanted = (first + index) % LOOP_TICKS;
    if (tick.number === wanted && tick.purity > 0.98) continue;
    const found = tick.purity > 0.98 ? tick.number : tick.purity === 0 ? 'silence' : 'mixed';
    faults.push({ atMs: (tick.at / RATE) * 1000, found, wanted });
  }
  const [begins, ends] = [read[0], read.at(-1)].map((tick) => (tick && tick.purity > 0.98 ? tick.number : undefined));
  return { faults, ticks: read.length, first: begins, last: ends };
}
