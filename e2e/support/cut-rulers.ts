import type { Page } from '@playwright/test';
import type { GapEvent, InterruptionEvent, StoredSegment, UtteranceResult } from 'turntape';
import { encodeRuler } from '../fixtures/ruler.mjs';
import { runLong } from './run-long.ts';
import { skippedMs, watchWall } from './wall-witness.ts';

/** Ticks of one item: 400 ms. Three items of a round have numbers of their own. */
export const ITEM_TICKS = 40;
export const ITEMS = 3;

/** What a round came to. Items are in the order in which they were queued; `audio` is 16-bit PCM as base64. */
export interface Round {
  cutMs: number;
  items: { utteranceId: string; turnId: string; done: UtteranceResult; segments: StoredSegment[]; audio: string }[];
  interruption: InterruptionEvent | undefined;
}

export interface CutRulersOptions {
  rounds: number;
  /** The page stands still for 2 s of every 2.6. */
  blocked: boolean;
  seed: number;
  /** Between a cut and the next round. Default 60. */
  pauseMs?: number;
}

export interface CutRulers {
  /** What the witness was not asked for either: see `machine-gaps.ts`. */
  skippedMs: number;
  rounds: Round[];
  sampleRate: number;
  audioLink: 'shared' | 'port';
  errors: string[];
  gaps: GapEvent[];
  /** How long the page stood still at a stretch, at most. */
  longestBlockMs: number;
}

/** Says three rulers, has them cut at a random time, and again: by a thread of the app that the page cannot hold up. */
export async function cutRulers(
  page: Page,
  { rounds, blocked, seed, pauseMs = 60 }: CutRulersOptions,
): Promise<CutRulers> {
  const random = seeded(seed);
  const lengthMs = ITEM_TICKS * ITEMS * 10;
  // From the first quantum to beyond the end: now and then everything was said before.
  const cutsMs = Array.from({ length: rounds }, () => Math.round(20 + random() * lengthMs));
  const sampleRate = await page.evaluate(() => new AudioContext().sampleRate);
  const rulers = Array.from({ length: ITEMS }, (_, item) => [
    ...encodeRuler({ from: item * ITEM_TICKS, count: ITEM_TICKS, sampleRate }),
  ]);
  await watchWall(page);
  const result = await runLong(page, sayAndCut, { cutsMs, rulers, sampleRate, blocked, pauseMs });
  return { ...result, skippedMs: await skippedMs(page) };
}

interface Script {
  cutsMs: number[];
  rulers: number[][];
  sampleRate: number;
  blocked: boolean;
  pauseMs: number;
}

/** Runs in the page: it can use nothing from outside of itself. */
async function sayAndCut({
  cutsMs,
  rulers,
  sampleRate,
  blocked,
  pauseMs,
}: Script): Promise<Omit<CutRulers, 'skippedMs'>> {
  const recorder = await window.turntape.createRecorder({
    consent: 'granted',
    format: 'wav',
    sampleRate: 'native',
    vad: false,
    record: { user: false },
    bargeIn: { mode: 'cut' },
  });
  const session = await recorder.startSession();
  const errors: string[] = [];
  const interruptions: InterruptionEvent[] = [];
  const done = new Map<string, UtteranceResult>();
  const gaps: GapEvent[] = [];
  session.on('error', ({ error }) => errors.push(error.message));
  session.on('interruption', (event) => interruptions.push(event));
  session.on('gap', (event) => gaps.push(event));

  const rounds = cutsMs.map((cutMs) => ({
    cutMs,
    items: rulers.map((ruler) => ({
      utteranceId: crypto.randomUUID(),
      turnId: crypto.randomUUID(),
      samples: Int16Array.from(ruler),
      sampleRate,
    })),
  }));
  const worker = new Worker('./bot-worker.js');
  const finished = new Promise((resolve) => worker.addEventListener('message', resolve));
  const { port } = session.bot;
  worker.postMessage({ port, rounds, pauseMs }, [port]);
  let longestBlockMs = 0;
  const timer = setInterval(() => {
    if (!blocked) return;
    const from = performance.now();
    while (performance.now() < from + 2000);
    longestBlockMs = Math.max(longestBlockMs, performance.now() - from);
  }, 2600);
  await finished;
  clearInterval(timer);
  const { audioLink } = await session.stats();
  await session.stop();
  worker.terminate();
  const [stored] = await recorder.sessions();
  const segments = stored?.segments ?? [];
  for (const { capture } of segments)
    for (const { utteranceId, ...result } of capture.utterances ?? []) done.set(utteranceId, result);
  const read = async (segmentId: string | undefined): Promise<string> => {
    const bytes = segmentId === undefined ? undefined : await recorder.readAudio(segmentId);
    // As text: an array of numbers takes a minute to cross over.
    if (!bytes) return '';
    const url = await new Promise<string>((resolve) => {
      const reader = new FileReader();
      reader.addEventListener('load', () => resolve(reader.result as string));
      reader.readAsDataURL(new Blob([bytes.slice(44)]));
    });
    return url.slice(url.indexOf(',') + 1);
  };
  const told: Round[] = [];
  for (const { cutMs, items } of rounds) {
    const turns = new Set<string>(items.map((item) => item.turnId));
    const each: Round['items'] = [];
    for (const { utteranceId, turnId } of items) {
      const own = segments.filter((segment) => segment.turnId === turnId);
      const result = done.get(utteranceId);
      if (result) each.push({ utteranceId, turnId, done: result, segments: own, audio: await read(own[0]?.segmentId) });
    }
    told.push({ cutMs, items: each, interruption: interruptions.find((event) => turns.has(event.turnId)) });
  }
  await recorder.dispose();
  return { rounds: told, sampleRate, audioLink, errors, gaps, longestBlockMs };
}

/** Mulberry32: small, and the same everywhere. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
