import { expect, test } from 'vitest';
import { typedPort } from '../../core/messages/ports.ts';
import {
  type TapCommand,
  type TapMessage,
  tapCommandTransferables,
  tapTransferables,
} from '../../core/messages/tap-engine.ts';
import { SourceLink } from './source-link.ts';

/** The engine's end of a worklet, over a real channel. */

const BLOCK = { type: 'block', startFrame: 0, wallMs: 0, samples: new Float32Array(512) } as const;

function linked() {
  const { port1, port2 } = new MessageChannel();
  const taken: TapMessage[] = [];
  const port = typedPort<TapCommand, TapMessage>(port1, tapCommandTransferables);
  const link = new SourceLink<TapCommand, TapMessage>(
    port,
    (thrown) => {
      throw thrown;
    },
    (message) => taken.push(message),
  );
  return { link, taken, worklet: typedPort<TapMessage, TapCommand>(port2, tapTransferables) };
}

test('[LOSS-21] an engine that is held up while it waits for a tail has the whole of it', async () => {
  const { link, taken, worklet } = linked();
  worklet.receive((command) => {
    if (command.type !== 'stop') return;
    for (let each = 0; each < 3; each += 1) worklet.send({ ...BLOCK, startFrame: each * 512 });
    worklet.send({ type: 'stopped', endFrame: 3 * 512 });
  });
  const stopped = link.stop();
  // Longer than anybody would wait for a dead worklet.
  const until = performance.now() + 3000;
  while (performance.now() < until);
  await stopped;
  expect(taken).toHaveLength(3);
});

test('[LOSS-21] a worklet that is dead is not waited for for ever, nor one whose context was closed', async () => {
  const dead = linked();
  await dead.link.stop();
  expect(dead.taken).toEqual([]);

  const closed = linked();
  const stopped = closed.link.stop();
  closed.link.retire(1);
  await stopped;
  closed.worklet.close();
  dead.worklet.close();
});
