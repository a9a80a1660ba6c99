import { expect, test } from 'vitest';
import type { Epoch } from '../../core/timeline.ts';
import { Capture, type CaptureEvents } from './capture.ts';
import type { Loss } from './loss-ledger.ts';

const RATE = 48_000;
const BLOCK = 480;

/** Both tracks sound, and the bot falls silent from `botUntilMs` on. */
function capture(milliseconds: number, { botUntilMs = Infinity, epochs = [] as Epoch[] } = {}) {
  const losses: Loss[] = [];
  const events: CaptureEvents = {
    onAudio: () => undefined,
    onLoss: (loss) => losses.push(loss),
    onEpoch: () => undefined,
  };
  const room = new Capture(RATE, events, 0, epochs);
  /** `lateMs`: how long the clock had stood still before. */
  const run = (fromMs: number, toMs: number, lateMs = 0): void => {
    for (let ms = fromMs; ms < toMs; ms += 10) {
      const wallMs = 1_000_000 + ms + lateMs;
      const reading = { clockId: 1, clockRate: RATE, startFrame: ms * 48, frames: BLOCK, wallMs };
      room.block('user', reading, new Float32Array(BLOCK).fill(0.1));
      room.block('bot', reading, ms < botUntilMs ? new Float32Array(BLOCK).fill(0.1) : null);
    }
  };
  run(0, milliseconds);
  return { room, losses, run };
}

const note = (type: 'dropped' | 'underrun', ms: number, atMs: number) =>
  ({ type, ms, clockId: 1, frame: atMs * 48 }) as const;

test('[TIME-11] frames that a context counted on its way to a standstill, and rendered for nobody, are in the gap of the standstill', () => {
  const { room, losses, run } = capture(1000);
  run(1060, 1500, 800);
  expect(losses).toEqual([{ from: 48_000, to: 1860 * 48, cause: 'context_suspended', speaker: undefined }]);
  expect([room.endOf('user'), room.endOf('bot')]).toEqual([2300 * 48, 2300 * 48]);
});

test('[LOSS-19] frames that the browser says it dropped are an entry of that length before the look', () => {
  const { room, losses, run } = capture(1000);
  room.note(note('dropped', 20, 1000));
  run(1000, 1900);
  expect(losses).toEqual([]);
  run(1900, 2100);
  expect(losses).toEqual([{ from: 980 * 48, to: 48_000, cause: 'microphone_dropped', speaker: 'user' }]);
});

test('[LOSS-19] a hole that the frames show already is not written down twice', () => {
  const { room, losses, run } = capture(1000);
  run(1100, 1200);
  room.note(note('dropped', 150, 1150));
  run(1200, 2400);
  const user = losses.filter(({ speaker }) => speaker === 'user');
  expect(user.map(({ cause, from, to }) => [cause, from / 48, to / 48])).toEqual([
    ['blocks_lost', 1000, 1100],
    ['microphone_dropped', 1100, 1150],
  ]);
});

test('[LOSS-19] a loudspeaker that ran dry is a loss of what the bot would have been heard to say, and of nothing else', () => {
  const { room, losses, run } = capture(1000, { botUntilMs: 1000 });
  room.note(note('underrun', 30, 1000));
  run(1000, 2500);
  room.note(note('underrun', 30, 2000));
  run(2500, 4000);
  expect(losses).toEqual([{ from: 970 * 48, to: 48_000, cause: 'playback_underrun', speaker: 'bot' }]);
});

test('[LOSS-19] what was reported last is written down at the end', () => {
  const { room, losses } = capture(1000);
  room.note(note('dropped', 20, 1000));
  room.finish();
  expect(losses.map(({ cause }) => cause)).toEqual(['microphone_dropped']);
});

test('[LOSS-12] a crash is written down where the track goes on: a range when frames are missing, a moment when all came again', () => {
  for (const [firstMs, lossMs] of [
    [1100, [1000, 1100]],
    [1000, [1000, 1000]],
    [400, [1000, 1000]],
  ] as const) {
    const wallAnchor = { frame: 0, wallMs: 1_000_000 };
    const epoch = { epoch: 0, clockId: 1, clockRate: RATE, startFrame: 0, sessionFrameOffset: 0, wallAnchor };
    const { room, losses, run } = capture(0, { epochs: [epoch] });
    room.goOn({ user: { end: 48_000, open: true }, bot: undefined });
    room.seam('user', 'engine_crash');
    run(firstMs, 1300);
    const crashes = losses.filter(({ cause }) => cause === 'engine_crash');
    expect(crashes.map(({ from, to }) => [from / 48, to / 48])).toEqual([lossMs]);
  }
});
