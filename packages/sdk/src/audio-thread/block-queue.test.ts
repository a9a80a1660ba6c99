import { expect, test } from 'vitest';
import { CREDIT_MS, type QueueFacts, REPLAY_MS, STALL_MS } from '../core/messages/credits.ts';
import { BlockQueue } from './block-queue.ts';

const RATE = 1000;
const BLOCK = 10;

interface Sent extends QueueFacts {
  /** First frame; undefined for a message without audio. */
  at?: number;
  said?: string;
  events: string[];
}

/** A queue whose engine takes nothing by itself; at 1 kHz a frame is a millisecond. */
function queueOf() {
  const sent: Sent[] = [];
  const queue = new BlockQueue<Sent>({
    sampleRate: RATE,
    send: (message) => sent.push({ ...message }),
    carry: (lost, next) => next.events.unshift(...lost.events),
  });
  let at = 0;
  return {
    sent,
    queue,
    /** So many milliseconds of audio; `event` happens in the first block. */
    capture: (milliseconds: number, event?: string): void => {
      const from = at;
      for (; at < from + milliseconds; at += BLOCK)
        queue.push({ at, events: event && at === from ? [event] : [] }, BLOCK);
    },
    starts: () => sent.flatMap((message) => message.at ?? []),
    consumeAll: () => {
      for (let taken = -1; taken !== sent.length; queue.consumed(sent.filter(isBlock).length * BLOCK))
        taken = sent.length;
    },
  };
}

const isBlock = (message: Sent): boolean => message.at !== undefined;

const blocks = (from: number, to: number): number[] =>
  Array.from({ length: (to - from) / BLOCK }, (_, block) => from + block * BLOCK);

test('[LOSS-8] what the engine has no credit for waits, and comes in order when it goes on', () => {
  const { queue, sent, capture, starts, consumeAll } = queueOf();
  capture(CREDIT_MS);
  capture(20);
  queue.push({ said: 'muted', events: [] });
  capture(20);
  expect(starts()).toEqual(blocks(0, CREDIT_MS));
  queue.consumed(BLOCK);
  expect(starts()).toEqual(blocks(0, CREDIT_MS + BLOCK));
  expect(sent.at(-1)?.waitingFrames).toBe(30);
  consumeAll();
  expect(starts()).toEqual(blocks(0, CREDIT_MS + 40));
  // What tells of a frame comes after the audio before that frame, and before the audio behind it.
  expect(sent.findIndex((message) => message.said)).toBe((CREDIT_MS + 20) / BLOCK);
  expect(sent.every((message) => message.lostFrames === undefined)).toBe(true);
});

test('[LOSS-8] a stall of the stated length loses nothing', () => {
  const { capture, starts, sent, consumeAll } = queueOf();
  capture(CREDIT_MS + STALL_MS);
  consumeAll();
  expect(starts()).toEqual(blocks(0, CREDIT_MS + STALL_MS));
  expect(sent.some((message) => message.lostFrames)).toBe(false);
});

test('[LOSS-9] beyond it the oldest that waits is let go: one range, told with the block behind it, and no event is lost', () => {
  const { queue, capture, sent, starts, consumeAll } = queueOf();
  capture(CREDIT_MS);
  capture(30, 'started');
  queue.push({ said: 'cut', events: [] });
  capture(STALL_MS, 'drained');
  consumeAll();
  const lost = CREDIT_MS + 30;
  expect(starts()).toEqual([...blocks(0, CREDIT_MS), ...blocks(lost, lost + STALL_MS)]);
  expect(sent.filter((message) => message.lostFrames)).toEqual([
    expect.objectContaining({ at: lost, lostFrames: 30, events: ['started', 'drained'] }),
  ]);
  expect(sent.filter((message) => message.said).map((message) => message.said)).toEqual(['cut']);
});

test('[LOSS-11] another engine hears again what the one before had not taken, and a little of what it had', () => {
  const { queue, capture, sent, starts, consumeAll } = queueOf();
  capture(5000);
  consumeAll();
  capture(300);
  sent.length = 0;
  queue.reconnected();
  consumeAll();
  expect(starts()).toEqual(blocks(5000 - REPLAY_MS, 5300));
  capture(100);
  expect(starts().at(-1)).toBe(5390);
});

test('[LOSS-11] an engine that stays away for too long is a loss of the oldest', () => {
  const { queue, capture, sent, starts, consumeAll } = queueOf();
  capture(2000);
  consumeAll();
  capture(STALL_MS);
  sent.length = 0;
  queue.reconnected();
  consumeAll();
  expect(starts()).toEqual(blocks(2000, 2000 + STALL_MS));
  expect(sent[0]?.lostFrames).toBe(REPLAY_MS);
});
