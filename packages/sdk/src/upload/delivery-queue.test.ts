import { expect, test } from 'vitest';
import type { OutboxEntry } from '../upload-contract/outbox.ts';
import { DeliveryQueue } from './delivery-queue.ts';

function entry(seq: number, sessionId: string): OutboxEntry {
  return {
    seq,
    sessionId,
    kind: 'segment',
    id: `${seq}`,
    byteSize: 1,
    state: 'pending',
    attempts: 0,
    error: undefined,
  };
}

/** Milliseconds for each of the last 500 items of a drain, the best of three. */
function costOfDrain(items: number, sessions: number): number {
  const entries = Array.from({ length: items }, (_, index) => entry(index + 1, `s${index % sessions}`));
  const costs = Array.from({ length: 3 }, () => {
    const queue = new DeliveryQueue();
    queue.startReading();
    queue.load({ entries, isWhole: true }, 0);
    const begin = performance.now();
    for (let count = 0; count < 500; count += 1) {
      const item = queue.next(0);
      if (!item) throw new Error('nothing to send');
      queue.nextAtMs(0);
      queue.remove(item);
      queue.release(item);
      if (queue.isIdle || queue.counts.pending !== items - count - 1) throw new Error('miscounted');
    }
    return (performance.now() - begin) / 500;
  });
  return Math.min(...costs);
}

test.each([
  ['of one session', 1, 1],
  ['of as many sessions', 2000, 100_000],
])('[SEND-20] an item of a backlog of 100,000 %s costs what one of 2,000 costs', (_name, few, many) => {
  const small = costOfDrain(2000, few);
  const large = costOfDrain(100_000, many);
  // Fifty times as much: a queue that scans would be fifty times as slow.
  expect(large / small).toBeLessThan(8);
});

test('[SEND-32] an item that another hand refused and brought back while it was looked at is counted once, for good', () => {
  const queue = new DeliveryQueue();
  const read = (...entries: OutboxEntry[]) => {
    queue.startReading();
    return queue.load({ entries, isWhole: true }, 0);
  };
  const [first, rest] = [entry(1, 's'), entry(2, 's')];
  read(first, rest);
  const taken = queue.next(0) ?? expect.unreachable();
  read({ ...first, state: 'rejected' }, rest);
  expect(queue.counts).toMatchObject({ pending: 1, rejected: 1 });
  queue.update({ ...taken, attempts: 1, retryAt: 500 }, 0);
  queue.release(taken);
  for (const _ of [1, 2]) {
    expect(queue.counts).toMatchObject({ pending: 2, pendingBytes: 2, rejected: 0, sending: 0 });
    read({ ...first, attempts: 1, retryAt: 500 }, rest);
  }
  expect(queue.nextAtMs(0)).toBe(500);
});
