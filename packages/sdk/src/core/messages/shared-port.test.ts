import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PlayerCommand, PlayerMessage } from './player-engine.ts';
import { type PolledPort, sharedPort } from './shared-port.ts';
import { WordRing, ringMemory } from './word-ring.ts';

function end<Out extends object, In>(out: SharedArrayBuffer, incoming: SharedArrayBuffer): PolledPort<Out, In> {
  return sharedPort({ outgoing: new WordRing(out), incoming: new WordRing(incoming), onSent: () => undefined });
}

/** Both ends of a link in one thread: the tests decide who looks when. */
function link<Up extends object, Down extends object>(words: number) {
  const up = ringMemory(words);
  const down = ringMemory(words);
  return { worklet: end<Up, Down>(up, down), engine: end<Down, Up>(down, up) };
}

const block = (startFrame: number, samples: Float32Array | null): PlayerMessage => ({
  type: 'block',
  startFrame,
  wallMs: 1_795_264_575_018.333,
  frames: 512,
  samples,
  events: [{ kind: 'started', frame: startFrame, utteranceId: 'Grüße, 你好 🎙' }],
});

test('[RING-4] a message arrives as it was sent: samples to the bit, silence as none, text in any alphabet', () => {
  const { worklet, engine } = link<PlayerMessage, PlayerCommand>(4096);
  const received: PlayerMessage[] = [];
  engine.receive((message) => received.push(message));
  const samples = Float32Array.of(0.1, -1, 1e-40, Infinity, 0);
  const sent = [block(512, samples), block(1024, null), { type: 'stopped', endFrame: 1536 } as const];
  for (const message of sent) worklet.send(message);
  expect(received).toEqual([]);
  engine.poll();
  expect(received).toEqual(sent);
  // They are the receiver's own: not a view on the ring, nor on the sender's.
  const [first] = received;
  if (first?.type !== 'block' || !first.samples) throw new Error('no block');
  expect(first.samples.buffer.byteLength).toBe(samples.byteLength);
  samples.fill(9);
  expect(first.samples[0]).toBeCloseTo(0.1, 6);
});

test('[RING-5] messages of any size through a ring of any size: each once, whole and in order, whoever looks when', () => {
  const message = fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 300 }));
  const look = fc.constantFrom('worklet', 'engine', 'both');
  fc.assert(
    fc.property(
      fc.array(fc.oneof(message, look), { maxLength: 60 }),
      fc.integer({ min: 2, max: 200 }),
      (steps, words) => {
        const { worklet, engine } = link<PlayerMessage, PlayerCommand>(words);
        const sent: PlayerCommand[] = [];
        const received: PlayerCommand[] = [];
        worklet.receive((command) => received.push(command));
        for (const step of steps) {
          if (typeof step === 'string') {
            if (step !== 'worklet') engine.poll();
            if (step !== 'engine') worklet.poll();
            continue;
          }
          const [isPcm, length] = step;
          const samples = Float32Array.from({ length }, (_, at) => sent.length + at / 1000);
          const command: PlayerCommand = isPcm
            ? { type: 'pcm', utteranceId: `u${sent.length}`, samples }
            : { type: 'cut', cutId: length };
          sent.push(command);
          engine.send(command);
        }
        for (let round = 0; received.length < sent.length && round < 100_000; round += 1) {
          worklet.poll();
          engine.poll();
        }
        expect(received).toEqual(sent);
      },
    ),
    { numRuns: 300 },
  );
});

test('[RING-6] what has no room waits at the sender, and a cut comes right behind what was sent before it', () => {
  const { worklet, engine } = link<PlayerMessage, PlayerCommand>(1024);
  const received: string[] = [];
  worklet.receive((command) => received.push(command.type));
  // Nine seconds of a voice in one piece: far more than the ring holds.
  engine.send({ type: 'pcm', utteranceId: 'u', samples: new Float32Array(9 * 48_000) });
  engine.send({ type: 'cut', cutId: 1 });
  worklet.poll();
  expect(received).toEqual([]);
  let looks = 0;
  for (; received.length < 2; looks += 1) {
    engine.poll();
    worklet.poll();
  }
  expect(received).toEqual(['pcm', 'cut']);
  expect(looks).toBeLessThanOrEqual(Math.ceil((9 * 48_000) / 1024) + 1);
});

test('[RING-6] a link that was closed gives nothing more', () => {
  const { worklet, engine } = link<PlayerMessage, PlayerCommand>(1024);
  const received: PlayerCommand[] = [];
  worklet.receive((command) => received.push(command));
  engine.send({ type: 'stop' });
  worklet.close();
  worklet.poll();
  expect(received).toEqual([]);
});
