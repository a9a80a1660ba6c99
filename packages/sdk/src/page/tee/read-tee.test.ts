import { expect, test } from 'vitest';
import type { TeeMessage, TeeReply } from '../../core/messages/tee.ts';
import { typedPort } from '../../core/messages/ports.ts';
import { readTee } from './read-tee.ts';

const frame = (fromMs: number, lostMs = 0): TeeMessage => ({
  type: 'frame',
  samples: Int16Array.of(fromMs, 2, 3),
  fromMs,
  lostMs,
});

function reading() {
  const { port1, port2 } = new MessageChannel();
  const engine = typedPort<TeeMessage, TeeReply>(port2, () => []);
  const replies: string[] = [];
  engine.receive(({ type }) => void replies.push(type));
  return { engine, replies, port: port1, stream: readTee(port1) };
}

test('[TEE-6] a tee is read as a stream: a frame is answered when it is read, and not before', async () => {
  const { engine, replies, stream } = reading();
  for (const fromMs of [0, 20, 40]) engine.send(frame(fromMs, fromMs === 40 ? 5 : 0));
  engine.send({ type: 'end', sentMs: 60, lostMs: 5 });
  const reader = stream.getReader();
  expect(await reader.read()).toEqual({
    done: false,
    value: { samples: Int16Array.of(0, 2, 3), fromMs: 0, lostMs: 0 },
  });
  await expect.poll(() => replies).toEqual(['taken']);
  expect((await reader.read()).value?.fromMs).toBe(20);
  expect((await reader.read()).value).toMatchObject({ fromMs: 40, lostMs: 5 });
  expect(await reader.read()).toEqual({ done: true, value: undefined });
  await expect.poll(() => replies).toEqual(['taken', 'taken', 'taken']);
});

test('[TEE-6] who cancels it wants no more, also while it waits for a frame', async () => {
  const { engine, replies, stream } = reading();
  const reader = stream.getReader();
  const waiting = reader.read();
  await reader.cancel();
  expect((await waiting).done).toBe(true);
  await expect.poll(() => replies).toEqual(['close']);
  engine.close();
});
