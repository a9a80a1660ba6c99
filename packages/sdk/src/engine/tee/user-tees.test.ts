import { expect, test } from 'vitest';
import { Resampler } from '../../codecs/resampler.ts';
import { toPcm16 } from '../../codecs/wav.ts';
import { TEE_AHEAD_MS, TEE_DEFAULTS, TEE_WAITING_MS, type TeeMessage, type TeeReply } from '../../core/messages/tee.ts';
import type { TrackerNews } from '../../core/turn-tracker.ts';
import { UserTees } from './user-tees.ts';

const RATE = 48_000;
const clock = { rate: RATE, toMs: (frame: number) => (frame / RATE) * 1000 };
/** Slow enough for many seconds. */
const SLOW_RATE = 8000;
const slowClock = { rate: SLOW_RATE, toMs: (frame: number) => (frame / SLOW_RATE) * 1000 };
const SLOW = { sampleRate: SLOW_RATE };
const VAD = { vad: {} as never, turns: { mode: 'speech' } as never };
const KEYS = { vad: null, turns: { mode: 'speech' } as never };

/** Noise that is the same at each run, so that a sample that is missing or comes twice is seen. */
const noise = (length: number): Float32Array => {
  let state = 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state / 2 ** 31) * 0.9;
  });
};

/** A reader at the end of a tee: it takes each frame, or leaves them until it is told. */
function opened(tees: UserTees, settings = {}) {
  const messages: TeeMessage[] = [];
  let reply: ((message: TeeReply) => void) | undefined;
  let isClosed = false;
  let takes = true;
  const take = (count: number): void => {
    for (let each = 0; each < count; each += 1) reply?.({ type: 'taken' });
  };
  tees.open(
    { ...TEE_DEFAULTS, ...settings },
    {
      send: (message) => {
        messages.push(message);
        // As a port does: not within the call that sent it.
        if (takes && message.type === 'frame') queueMicrotask(() => take(1));
      },
      receive: (receiver) => (reply = receiver),
      close: () => (isClosed = true),
    },
  );
  const frames = () => messages.filter((message) => message.type === 'frame');
  return {
    messages,
    frames,
    stall: () => (takes = false),
    take,
    close: () => reply?.({ type: 'close' }),
    isClosed: () => isClosed,
    /** All samples that came, one behind the other. */
    samples: () => frames().flatMap(({ samples }) => [...samples]),
  };
}

/** The first sample that differs is told: thousands of them are printed for minutes. */
function expectSame(samples: readonly number[], wanted: readonly number[]): void {
  const wrong = samples.findIndex((sample, at) => sample !== wanted[at]);
  expect([wrong, samples.length]).toEqual([-1, wanted.length]);
}

/** The track goes on, in blocks as a microphone brings them. */
async function hear(tees: UserTees, track: Float32Array, from = 0): Promise<void> {
  for (let at = 0; at < track.length; at += 1536) {
    tees.hear(from + at, track.subarray(at, at + 1536));
    await Promise.resolve();
  }
}

test.each([
  { sampleRate: 16_000, frameMs: 20, format: 'i16' },
  { sampleRate: 8000, frameMs: 100, format: 'i16' },
  { sampleRate: 44_100, frameMs: 33, format: 'f32' },
  { sampleRate: 48_000, frameMs: 20, format: 'i16' },
] as const)(
  '[TEE-2] the frames of %o, joined, are the track resampled: no sample more, less or other',
  async (settings) => {
    const track = noise(RATE / 2 + 77);
    const tees = new UserTees(clock, VAD);
    const reader = opened(tees, settings);
    await hear(tees, track, 4800);
    tees.end();
    const resampler = new Resampler(RATE, settings.sampleRate);
    const whole = [...resampler.process(track), ...resampler.flush()];
    expectSame(reader.samples(), settings.format === 'i16' ? whole.map(toPcm16) : whole);
    const length = Math.round((settings.sampleRate * settings.frameMs) / 1000);
    const frames = reader.frames();
    expect(new Set(frames.slice(0, -1).map(({ samples }) => samples.length))).toEqual(new Set([length]));
    // Each says where it lies: the first 100 ms into the session, the next where the one before it ends.
    for (const [index, { fromMs, lostMs }] of frames.entries())
      expect([fromMs, lostMs]).toEqual([expect.closeTo(100 + ((index * length) / settings.sampleRate) * 1000, 6), 0]);
    const sentMs = expect.closeTo((whole.length / settings.sampleRate) * 1000, 3);
    expect(reader.messages.at(-1)).toEqual({ type: 'end', sentMs, lostMs: 0 });
    expect(reader.isClosed()).toBe(true);
  },
);

test('[TEE-3] a slow reader gets no more than it takes; beyond the bound the oldest is let go, counted and told', async () => {
  const seconds = 20;
  const track = noise(seconds * SLOW_RATE);
  const tees = new UserTees(slowClock, VAD);
  const reader = opened(tees, SLOW);
  reader.stall();
  await hear(tees, track);
  const aheadFrames = TEE_AHEAD_MS / 20;
  expect(reader.frames()).toHaveLength(aheadFrames);
  const [stats] = tees.stats;
  expect(stats).toMatchObject({
    sampleRate: SLOW_RATE,
    sentMs: TEE_AHEAD_MS,
    waitingMs: TEE_AHEAD_MS + TEE_WAITING_MS,
  });
  // Of 20 s one is under way and ten wait; the newest frame may not be whole yet.
  expect(stats?.lostMs).toBeGreaterThanOrEqual((seconds - 11) * 1000 - 40);
  reader.take(1);
  const [last, next] = reader.frames().slice(-2);
  expect(next?.lostMs).toBe(stats?.lostMs);
  expect(next!.fromMs - last!.fromMs).toBeCloseTo(20 + next!.lostMs, 6);
  // It catches up: nothing more is lost, and what comes is what follows.
  for (let each = 0; each < 1000; each += 1) reader.take(1);
  const rest = reader.frames().slice(aheadFrames + 1);
  expect(rest.every(({ lostMs }) => lostMs === 0)).toBe(true);
  expect(rest[0]!.fromMs).toBeCloseTo(next!.fromMs + 20, 6);
  expect(tees.stats[0]?.waitingMs).toBe(0);
});

test('[TEE-3] at the end what waits goes out, bounded as it is, and a reader that never reads holds nothing', async () => {
  const tees = new UserTees(slowClock, VAD);
  const reader = opened(tees, SLOW);
  reader.stall();
  await hear(tees, noise(30 * SLOW_RATE));
  tees.end();
  const sentMs = reader.frames().reduce((sum, { samples }) => sum + samples.length / 8, 0);
  expect(sentMs).toBeLessThanOrEqual(TEE_AHEAD_MS + TEE_WAITING_MS + 20);
  const lostMs = reader.frames().reduce((sum, frame) => sum + frame.lostMs, 0);
  expect(sentMs + lostMs).toBeCloseTo(30_000, 6);
  expect(reader.messages.at(-1)).toEqual({ type: 'end', sentMs: expect.closeTo(sentMs, 6), lostMs });
  expect([reader.isClosed(), tees.stats]).toEqual([true, []]);
});

test('[TEE-4] each reader has its own way; one that wants no more costs nothing more, and the others go on', async () => {
  const track = noise(RATE);
  const tees = new UserTees(clock, VAD);
  const one = opened(tees);
  const other = opened(tees, { sampleRate: 8000, format: 'f32' });
  await hear(tees, track.subarray(0, RATE / 2));
  one.close();
  const had = one.frames().length;
  await hear(tees, track.subarray(RATE / 2), RATE / 2);
  tees.end();
  expect([one.frames().length, one.isClosed()]).toEqual([had, true]);
  expect(one.messages.at(-1)?.type).toBe('frame');
  expect(other.samples()).toHaveLength(8000);
  // One that comes in the middle begins where it came.
  const late = new UserTees(clock, VAD);
  await hear(late, track.subarray(0, RATE / 2));
  const joined = opened(late);
  await hear(late, track.subarray(RATE / 2), RATE / 2);
  expect(joined.frames()[0]?.fromMs).toBe(500);
});

/** Where the key is down. */
const HELD = [
  [12_345, 23_000],
  [25_000, 26_000],
  [29_000, 31_000],
] as const;

test('[TEE-5] with push-to-talk nothing outside of the pressed key leaves: silence of its length, to the frame', async () => {
  const track = noise(40_000);
  const tees = new UserTees(clock, KEYS);
  const reader = opened(tees, { sampleRate: RATE, format: 'f32' });
  const turn = (type: 'turn-start' | 'turn-end', speaker: 'user' | 'bot', start: number, end?: number): void =>
    tees.take([{ type, turn: { speaker, start, end } } as unknown as TrackerNews]);
  const hearTo = (to: number, from: number): void => tees.hear(from, track.subarray(from, to));
  hearTo(10_000, 0);
  // Each mark lies ahead of the track when it is made; the bot's are none of the user's.
  turn('turn-start', 'bot', 10_000);
  turn('turn-start', 'user', 12_345);
  hearTo(20_000, 10_000);
  // A turn that ends, and one that begins, in one block; and one of which all lies within it.
  turn('turn-end', 'user', 12_345, 23_000);
  turn('turn-start', 'user', 25_000);
  turn('turn-end', 'user', 25_000, 26_000);
  turn('turn-start', 'user', 29_000);
  hearTo(30_000, 20_000);
  turn('turn-end', 'user', 29_000, 31_000);
  hearTo(track.length, 30_000);
  tees.end();
  const held = new Float32Array(track.length);
  for (const [from, to] of HELD) held.set(track.subarray(from, to), from);
  expectSame(reader.samples(), [...held]);
});

test('[TEE-5] where a detector listens, or all is one turn, the track is given between the turns, too', async () => {
  for (const settings of [VAD, { vad: null, turns: { mode: 'continuous' } as never }]) {
    const track = noise(RATE);
    const tees = new UserTees(clock, settings);
    const reader = opened(tees, { sampleRate: RATE, format: 'f32' });
    await hear(tees, track);
    tees.end();
    expectSame(reader.samples(), [...track]);
  }
});
