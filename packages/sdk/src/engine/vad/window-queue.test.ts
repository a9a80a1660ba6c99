import { expect, test } from 'vitest';
import { type Window, WindowQueue } from './window-queue.ts';

test('[VAD-1] an hour in, a position is as exact as in the first second', () => {
  const queue = new WindowQueue<never>(44_100, 1000);
  const second = new Float32Array(16_000);
  let last: Window | undefined;
  for (let n = 0; n < 3600; n += 1) {
    queue.append(second);
    for (let item = queue.peek(512); item?.type === 'window'; item = queue.peek(512)) {
      // No frame lies between two windows, none in both.
      if (item.from !== (last?.to ?? 1000)) throw new Error(`window at ${item.from} after one to ${last?.to}`);
      queue.take(item);
      last = item;
    }
  }
  // 112 500 windows of 1411.2 frames each.
  expect(last).toMatchObject({ from: 1000 + 158_758_589, to: 1000 + 158_760_000 });
});

test('[VAD-2] windows may change their length from one to the next', () => {
  const queue = new WindowQueue<never>(16_000, 0);
  queue.append(Float32Array.from({ length: 10 }, (_, n) => n));
  queue.append(Float32Array.from({ length: 10 }, (_, n) => 10 + n));
  const heard: number[][] = [];
  for (const length of [4, 8, 3]) {
    const item = queue.peek(length);
    if (item?.type !== 'window') throw new Error('no window');
    heard.push([...item.samples]);
    queue.take(item);
  }
  expect(heard).toEqual([
    [0, 1, 2, 3],
    [4, 5, 6, 7, 8, 9, 10, 11],
    [12, 13, 14],
  ]);
  expect(queue.peek(6)).toBeUndefined();
});

test('[VAD-2] an order comes before the window that reaches beyond it', () => {
  const queue = new WindowQueue<string>(16_000, 0);
  queue.append(new Float32Array(10));
  queue.mark('here');
  queue.append(new Float32Array(10));
  const seen: (string | [number, number])[] = [];
  for (let item = queue.peek(4); item; item = queue.peek(4)) {
    seen.push(item.type === 'mark' ? item.order : [item.from, item.to]);
    queue.take(item);
  }
  expect(seen).toEqual([[0, 4], [4, 8], 'here', [8, 12], [12, 16], [16, 20]]);
});

test('[VAD-7] where the audio breaks off the last window is completed by silence and ends there', () => {
  const queue = new WindowQueue<string>(48_000, 100);
  queue.append(new Float32Array(6).fill(1));
  queue.jump('gap', 117, 5000);
  queue.append(new Float32Array(4).fill(2));
  const seen: (string | [number, number, number[]])[] = [];
  for (let item = queue.peek(4); item; item = queue.peek(4)) {
    seen.push(item.type === 'mark' ? item.order : [item.from, item.to, [...item.samples]]);
    queue.take(item);
  }
  expect(seen).toEqual([[100, 112, [1, 1, 1, 1]], [112, 117, [1, 1, 0, 0]], 'gap', [5000, 5012, [2, 2, 2, 2]]]);
});
