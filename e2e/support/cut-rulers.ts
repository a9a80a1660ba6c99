import type { Page } from '@playwright/test';
import type { GapEvent, InterruptionEvent, LatencyHint, StoredSegment, UtteranceResult } from 'turntape';
import { encodeRuler } from '../fixtures/ruler.mjs';
import { namedLatenciesMs, watchLatency } from './latency-witness.ts';
import { runLong } from './run-long.ts';
import { skippedMs, watchWall } from './wall-witness.ts';

/** What is said in each round. */
export interface Script {
  /** Queued one after the other, with numbers of their own. */
  items: number;
  /** Of each, of 10 ms. */
  itemTicks: number;
  /** When it is cut, in milliseconds after it was given. */
  cutMs: 'at random' | number;
}

/** Three times 400 ms, cut from the first quantum to beyond the end: now and then everything was said before. */
const AT_RANDOM: Script = { items: 3, itemTicks: 40, cutMs: 'at random' };

/** What a round came to. Items are in the order in which they were queued; `audio` is 16-bit PCM as base64. */
export interface Round {
  cutMs: number;
  items: { utteranceId: string; turnId: string; done: UtteranceResult; segments: StoredSegment[]; audio: string }[];
  interruption: InterruptionEvent | undefined;
}

export interface CutRulersOptions {
  /**
   * So many that cut something. One that comes when everything is said, or before a busy machine has said anything, cuts nothing
   * and is followed by another, up to twice as many in all.
   */
  cuts: number;
  /** The page stands still for 2 s of every 2.6. */
  blocked: boolean;
  seed: number;
  /** Between a cut and the next round. Default 60. */
  pauseMs?: number;
  /** Default: three items, cut at random. */
  script?: Script;
  /** Default: the recorder's own. */
  latencyHint?: LatencyHint;
}

export interface CutRulers {
  /** What the witness was not asked for either: see `machine-gaps.ts`. */
  skippedMs: number;
  /** Every output latency that the browser named; empty of one that must not be asked. */
  namedLatenciesMs: number[];
  script: Script;
  rounds: Round[];
  sampleRate: number;
  audioLink: 'shared' | 'port';
  errors: string[];
  gaps: GapEvent[];
  /** How long the page stood still at a stretch, at most. */
  longestBlockMs: number;
}

/** Says rulers, has them cut, and again: by a thread of the app that the page cannot hold up. */
export async function cutRulers(
  page: Page,
  { cuts, blocked, seed, pauseMs = 60, script = AT_RANDOM, latencyHint = 'interactive' }: CutRulersOptions,
): Promise<CutRulers> {
  const random = seeded(seed);
  const { items, itemTicks, cutMs } = script;
  const lengthMs = itemTicks * items * 10;
  const cutsMs = Array.from({ length: 2 * cuts }, () =>
    cutMs === 'at random' ? Math.round(20 + random() * lengthMs) : cutMs,
  );
  const sampleRate = await page.evaluate(() => new AudioContext().sampleRate);
  const rulers = Array.from({ length: items }, (_, item) => [
    ...encodeRuler({ from: item * itemTicks, count: itemTicks, sampleRate }),
  ]);
  await watchLatency(page);
  await watchWall(page);
  const result = await runLong(page, sayAndCut, { cuts, cutsMs, rulers, sampleRate, blocked, pauseMs, latencyHint });
  return { ...result, script, namedLatenciesMs: await namedLatenciesMs(page), skippedMs: await skippedMs(page) };
}

interface PageScript {
  cuts: number;
  cutsMs: number[];
  rulers: number[][];
  sampleRate: number;
  blocked: boolean;
  pauseMs: number;
  latencyHint: LatencyHint;
}

/** Runs in the page: it can use nothing from outside of itself. */
async function sayAndCut({
  cuts,
  cutsMs,
  rulers,
  sampleRate,
  blocked,
  pauseMs,
  latencyHint,
}: PageScript): Promise<Omit<CutRulers, 'skippedMs' | 'namedLatenciesMs' | 'script'>> {
  const recorder = await window.turntape.createRecorder({
    consent: 'granted',
    format: 'wav',
    sampleRate: 'native',
    vad: false,
    record: { user: false },
    bargeIn: { mode: 'cut' },
    latencyHint,
  });
  const session = await recorder.startSession();
  const errors: string[] = [];
  const interruptions: InterruptionEvent[] = [];
  const done = new Map<string, UtteranceResult>();
  const gaps: GapEvent[] = [];
  session.on('error', ({ error }) => errors.push(error.message));
  session.on('interruption', (event) => interruptions.push(event));
  session.on('gap', (event) => gaps.push(event));

  // The same arrays in every round: a message holds each once.
  const given = rulers.map((ruler) => Int16Array.from(ruler));
  const rounds: {
    cutMs: number;
    items: { utteranceId: string; turnId: string; samples: Int16Array; sampleRate: number }[];
  }[] = [];
  const worker = new Worker('./bot-worker.js');
  const { port } = session.bot;
  worker.postMessage({ port }, [port]);
  const cut = (batch: typeof rounds): Promise<unknown> => {
    rounds.push(...batch);
    worker.postMessage({ rounds: batch, pauseMs });
    return new Promise((resolve) => worker.addEventListener('message', resolve, { once: true }));
  };
  let longestBlockMs = 0;
  const timer = setInterval(() => {
    if (!blocked) return;
    const from = performance.now();
    while (performance.now() < from + 2000);
    longestBlockMs = Math.max(longestBlockMs, performance.now() - from);
  }, 2600);
  while (rounds.length < cutsMs.length) {
    // What the engine has told by its answer is here: an interruption that is still on its way only makes a round more.
    await session.stats();
    const batch = cutsMs
      .slice(rounds.length)
      .slice(0, cuts - interruptions.filter(({ renderedMs }) => renderedMs > 0).length);
    if (batch.length === 0) break;
    await cut(
      batch.map((cutMs) => ({
        cutMs,
        items: given.map((samples) => ({
          utteranceId: crypto.randomUUID(),
          turnId: crypto.randomUUID(),
          samples,
          sampleRate,
        })),
      })),
    );
  }
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
