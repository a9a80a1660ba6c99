import { expect, test } from 'vitest';
import { buildReview } from './build-review.ts';
import { decodeMono } from './decoded-parts.ts';
import { type DeviceReader, deviceSource } from './device-source.ts';
import { PLAY_RATE, type PartAudio, frameOf, laneAudio } from './lane-audio.ts';
import { Playback } from './playback.ts';
import type { ReviewSession } from './review-session.ts';
import { WORKSHOP, anHour } from './testing/scripted-calls.ts';
import { ScriptedReview } from './testing/scripted-review.ts';

/** Playback on a context that renders faster than real time: every sample that comes out is looked at. */

const FADE = 0.004 * PLAY_RATE;

async function open(reader: DeviceReader, sessionId: string): Promise<ReviewSession> {
  const session = await deviceSource(reader, sessionId).load({ signal: new AbortController().signal });
  return session ?? buildReview({ session: never(), segments: [], words: [] });
}

const never = (): never => {
  throw new Error('There is no session.');
};

/** Renders `seconds` of playing from `fromMs`; `at` does something at a second. */
async function rendered(
  seconds: number,
  options: {
    fromMs: number;
    at?: Record<number, (playback: Playback) => void>;
    start?: (playback: Playback) => Promise<void>;
  },
) {
  const review = new ScriptedReview(WORKSHOP);
  const session = await open(review, review.sessionId);
  const context = new OfflineAudioContext(1, Math.round(seconds * PLAY_RATE), PLAY_RATE);
  const news = new EventTarget();
  const playback = new Playback({
    open: () => Promise.resolve(context),
    read: ({ segmentId }) => review.readAudio(segmentId),
    changed: () => news.dispatchEvent(new Event('changed')),
    failed: () => expect.unreachable(),
  });
  playback.load(session);
  playback.seek(options.fromMs);
  const begun = new Promise<void>((resolve) =>
    news.addEventListener('changed', () => playback.state === 'playing' && resolve()),
  );
  await (options.start ? options.start(playback) : playback.play());
  await begun;
  // What comes is decoded before the clock runs, which here is faster than any decoder.
  const parts = session.turns.flatMap((turn) => turn.parts);
  const audio: PartAudio[] = await Promise.all(
    parts.map(async (part) => ({
      part,
      samples: await decodeMono((await review.readAudio(part.segmentId)) ?? never()),
    })),
  );
  const wanted = parts.filter(
    (part) => part.startMs < options.fromMs + 20_000 && part.startMs + part.durationMs > options.fromMs,
  );
  const enough = wanted.reduce((sum, part) => sum + part.durationMs / 1000, 0) - 0.1;
  while (playback.heldSeconds < enough) await new Promise((resolve) => setTimeout(resolve, 5));
  const positions: { at: number; positionMs: number }[] = [];
  const pause = async (at: number): Promise<void> => {
    await context.suspend(at);
    options.at?.[at]?.(playback);
    playback.pump();
    positions.push({ at: context.currentTime, positionMs: playback.positionMs });
    await context.resume();
  };
  for (let at = 0.25; at < seconds; at += 0.25) void pause(at);
  const out = (await context.startRendering()).getChannelData(0);
  await playback.dispose();
  const lane = (speaker: 'user' | 'bot', from: number, length: number): Float32Array =>
    laneAudio(audio, speaker, from, length) ?? new Float32Array(length);
  return { out, positions, lane };
}

/** How far two stretches of samples are apart at most. */
const apart = (one: Float32Array, other: Float32Array): number =>
  one.reduce((most, sample, index) => Math.max(most, Math.abs(sample - (other[index] ?? 0))), 0);

test('[REVIEW-4] what comes out is both tracks, sample for sample, without a hole, also where they overlap', async () => {
  const fromMs = 11_000;
  const { out, lane, positions } = await rendered(4, { fromMs });
  const start = Math.ceil(0.03 * PLAY_RATE);
  const length = out.length - start;
  const [user, bot] = [lane('user', frameOf(fromMs), length), lane('bot', frameOf(fromMs), length)];
  const both = user.map((sample, index) => sample + (bot[index] ?? 0));
  // The script has both at 12.4 s: an average of the two would not do.
  expect(Math.max(...user.subarray(frameOf(1400), frameOf(1700)))).toBeGreaterThan(0.02);
  expect(Math.max(...bot.subarray(frameOf(1400), frameOf(1700)))).toBeGreaterThan(0.02);
  expect(apart(out.subarray(start + FADE), both.subarray(FADE))).toBeLessThan(1e-5);
  expect(Math.max(...out.subarray(0, start))).toBe(0);
  for (const { at, positionMs } of positions)
    expect(positionMs).toBeCloseTo(fromMs + Math.max(0, at - start / PLAY_RATE) * 1000, 1);
});

test('[REVIEW-5] a seek while it plays goes on from just that sample', async () => {
  const { out, lane } = await rendered(3, { fromMs: 8600, at: { 1: (playback) => playback.seek(15_500) } });
  const start = Math.ceil((1 + 0.03) * PLAY_RATE);
  const expected = lane('bot', frameOf(15_500), out.length - start);
  expect(apart(out.subarray(start + FADE), expected.subarray(FADE))).toBeLessThan(1e-5);
  // Between the order and its sound there is nothing.
  expect(apart(out.subarray(PLAY_RATE + FADE + 128, start), new Float32Array(start))).toBe(0);
});

test('[REVIEW-5] a change of speed goes on from the sample where it was, at that speed by the clock', async () => {
  let changedAt = 0;
  const { positions } = await rendered(4, {
    fromMs: 8600,
    at: {
      1: (playback) => {
        changedAt = playback.positionMs;
        playback.setSpeed(1.5);
      },
    },
  });
  expect(changedAt).toBeCloseTo(8600 + 970, 1);
  for (const { at, positionMs } of positions.filter(({ at }) => at > 1.1))
    expect(positionMs).toBeCloseTo(changedAt + (at - 1.03) * 1500, 0);
});

test('[REVIEW-4] a turn played alone is its own track from its first sample to its last, and nothing after it', async () => {
  const turn = WORKSHOP[3]!;
  const { out, lane } = await rendered(3.5, {
    fromMs: turn.startMs - 300,
    start: (playback) => playback.playAlone('user', turn.startMs - 300, turn.startMs + turn.ms + 150),
  });
  const start = Math.ceil(0.03 * PLAY_RATE);
  const length = frameOf(turn.ms + 450);
  expect(
    apart(out.subarray(start + FADE, start + length), lane('user', frameOf(turn.startMs - 300), length).subarray(FADE)),
  ).toBeLessThan(1e-5);
  expect(apart(out.subarray(start + length), new Float32Array(out.length))).toBe(0);
});

test('[REVIEW-17] a lane that is turned down is not heard, and the other is as it was', async () => {
  const { out, lane } = await rendered(3, {
    fromMs: 12_000,
    start: (playback) => {
      playback.setVolume('bot', 0);
      return playback.play();
    },
  });
  const start = Math.ceil(0.03 * PLAY_RATE);
  const user = lane('user', frameOf(12_000), out.length - start);
  expect(apart(out.subarray(start + FADE), user.subarray(FADE))).toBeLessThan(1e-5);
});

test('[REVIEW-8] of an hour only what is near the playhead is decoded, wherever it goes', async () => {
  const review = new ScriptedReview(anHour());
  const session = await open(review, review.sessionId);
  const context = new OfflineAudioContext(1, PLAY_RATE, PLAY_RATE);
  const playback = new Playback({
    open: () => Promise.resolve(context),
    read: ({ segmentId }) => review.readAudio(segmentId),
    changed: () => undefined,
    failed: () => expect.unreachable(),
  });
  playback.load(session);
  expect(playback.heldSeconds).toBe(0);
  await playback.play();
  const longest = Math.max(...session.turns.map(({ startMs, endMs }) => endMs - startMs)) / 1000;
  const parts = new Map(session.turns.flatMap((turn) => turn.parts).map((part) => [part.segmentId, part]));
  let most = 0;
  for (const fromMs of [0, 1_800_000, 3_500_000, 900_000]) {
    const readBefore = review.read.length;
    playback.seek(fromMs);
    const near = session.turns.filter(({ startMs, endMs }) => startMs < fromMs + 19_000 && endMs > fromMs).length;
    while (playback.heldSeconds < near * 1.5) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      most = Math.max(most, playback.heldSeconds);
    }
    most = Math.max(most, playback.heldSeconds);
    // When all that is near is here, a decoder that wanted more would be reading it.
    for (const segmentId of review.read.slice(readBefore)) {
      const { startMs, durationMs } = parts.get(segmentId)!;
      expect(startMs).toBeLessThan(fromMs + 20_000);
      expect(startMs + durationMs).toBeGreaterThan(fromMs - 4000);
    }
  }
  // 4 s behind, 20 s ahead, two tracks, and what hangs over at both ends.
  expect(most).toBeLessThan(2 * 24 + 4 * longest);
  expect(review.read.length).toBeLessThan(session.turns.length / 10);
  await playback.dispose();
  expect(playback.heldSeconds).toBe(0);
});
