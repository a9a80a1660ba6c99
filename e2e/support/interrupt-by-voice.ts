import type { Page } from '@playwright/test';
import type { GapEvent, InterruptionEvent, StoredSegment } from 'turntape';
import { encodeRuler } from '../fixtures/ruler.mjs';
import { runLong } from './run-long.ts';
import { skippedMs, watchWall } from './wall-witness.ts';

/** What a bot that was interrupted by a voice left behind. */
export interface VoiceCut {
  /** What the witness was not asked for either: see `machine-gaps.ts`. */
  skippedMs: number;
  segments: readonly StoredSegment[];
  interruption: InterruptionEvent;
  /** Frame at which the detector knew. */
  decisionFrame: number;
  /** Of the capture clock, in Hz. */
  sampleRate: number;
  /** The bot's file: 16-bit PCM as base64, at the capture clock's rate. */
  audio: string;
  /** What left by the vadChannel, and when it arrived at a thread that stands still for nobody. */
  messages: { message: { type: string; timestamp: number }; atMs: number }[];
  /** Wall times between which the page stood still. */
  blocks: { fromMs: number; toMs: number }[];
  errors: string[];
  gaps: GapEvent[];
}

/** Of every 2.6 seconds a blocked page stands still for 2. */
const BLOCKED_MS = 2000;
const FREE_MS = 600;

/**
 * The bot says a ruler, in mode `cut`; the user of the microphone's file speaks into it two seconds after the start. The
 * page may stand still meanwhile.
 */
export async function interruptByVoice(page: Page, { blocked }: { blocked: boolean }): Promise<VoiceCut> {
  const sampleRate = await page.evaluate(() => new AudioContext().sampleRate);
  const ruler = encodeRuler({ from: 0, count: 900, sampleRate });
  const text = Buffer.from(ruler.buffer).toString('base64');
  await watchWall(page);
  const result = await runLong(page, beInterrupted, { text, sampleRate, blocked, BLOCKED_MS, FREE_MS });
  return { ...result, skippedMs: await skippedMs(page) };
}

interface Script {
  text: string;
  sampleRate: number;
  blocked: boolean;
  BLOCKED_MS: number;
  FREE_MS: number;
}

/** Runs in the page: it can use nothing from outside of itself. */
async function beInterrupted({
  text,
  sampleRate,
  blocked,
  BLOCKED_MS,
  FREE_MS,
}: Script): Promise<Omit<VoiceCut, 'skippedMs'>> {
  const worker = new Worker('./listening-worker.js');
  const { port1, port2 } = new MessageChannel();
  worker.postMessage({ port: port1 }, [port1]);
  const recorder = await window.turntape.createRecorder({
    consent: 'granted',
    format: 'wav',
    sampleRate: 'native',
    bargeIn: { mode: 'cut' },
    vadChannel: port2,
  });
  const session = await recorder.startSession();
  const errors: string[] = [];
  const gaps: GapEvent[] = [];
  const decisions: number[] = [];
  session.on('error', ({ error }) => errors.push(`${error.code}: ${error.message}`));
  session.on('gap', (event) => gaps.push(event));
  session.on('client_vad_start', (event) => decisions.push(event.decisionFrame));
  const cut = new Promise<InterruptionEvent>((resolve) => session.on('interruption', resolve));
  const userEnded = new Promise((resolve) =>
    session.on('turn-end', ({ turn }) => turn.speaker === 'user' && resolve(turn)),
  );
  // oxlint-disable-next-line unicorn/consistent-function-scoping -- it runs in the page
  const tooLate = (): never => {
    throw new Error('The bot spoke to its end: the word in the microphone’s file was over before it began.');
  };
  const samples = new Int16Array(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)).buffer);
  const utterance = session.bot.begin();
  utterance.write(samples, { sampleRate });
  utterance.end();
  const blocks: VoiceCut['blocks'] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const block = (): void => {
    const fromMs = Date.now();
    while (Date.now() < fromMs + BLOCKED_MS);
    blocks.push({ fromMs, toMs: Date.now() });
    timer = setTimeout(block, FREE_MS);
  };
  // The user begins some 1.5 to 2.5 s from now: in the middle of the first block.
  if (blocked) timer = setTimeout(block, 2 * FREE_MS);
  const isOver = utterance.done.then(({ interrupted }) => interrupted || tooLate());
  const [interruption] = await Promise.all([cut, isOver, userEnded]);
  clearTimeout(timer);
  await session.stop();
  const messages = await new Promise<VoiceCut['messages']>((resolve) => {
    worker.addEventListener('message', ({ data }) => resolve((data as { heard: VoiceCut['messages'] }).heard));
    worker.postMessage('tell');
  });
  worker.terminate();
  const stored = (await recorder.sessions()).find((each) => each.session.sessionId === session.sessionId);
  const segments = stored?.segments ?? [];
  const bot = segments.find((segment) => segment.speaker === 'bot');
  const bytes = bot && (await recorder.readAudio(bot.segmentId));
  const url = await new Promise<string>((resolve) => {
    const reader = new FileReader();
    reader.addEventListener('load', () => resolve(reader.result as string));
    reader.readAsDataURL(new Blob([(bytes ?? new ArrayBuffer(44)).slice(44)]));
  });
  await recorder.dispose();
  return {
    segments,
    interruption,
    decisionFrame: decisions[0] ?? 0,
    sampleRate,
    audio: url.slice(url.indexOf(',') + 1),
    messages,
    blocks,
    errors,
    gaps,
  };
}
