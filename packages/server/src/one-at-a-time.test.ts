import { EventEmitter, once } from 'node:events';
import { expect, test } from 'vitest';
import { OneAtATime } from './one-at-a-time.ts';

test('[SRV-3] work under one key runs one after another, also after a failure', async () => {
  const queue = new OneAtATime();
  const order: string[] = [];
  const gate = new EventEmitter();
  const opened = once(gate, 'open');
  const first = queue.run('a', async () => {
    await opened;
    order.push('first');
    throw new Error('as planned');
  });
  const second = queue.run('a', async () => order.push('second'));
  await queue.run('b', async () => order.push('other key'));
  gate.emit('open');
  await expect(first).rejects.toThrow('as planned');
  await second;
  expect(order).toEqual(['other key', 'first', 'second']);
});
