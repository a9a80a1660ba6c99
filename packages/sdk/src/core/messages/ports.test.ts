import { describe, expect, test } from 'vitest';
import { type BotMessage, botMessageTransferables, engineMessageTransferables } from './page-engine.ts';
import { type PlayerCommand, playerCommandTransferables, playerTransferables } from './player-engine.ts';
import { typedPort } from './ports.ts';
import { type TapCommand, type TapMessage, tapCommandTransferables, tapTransferables } from './tap-engine.ts';
import { audioSetupTransferables } from './audio-setup.ts';

/** Both ends of a real channel; `next` waits for the message that comes next on the engine's side. */
function channel() {
  const { port1, port2 } = new MessageChannel();
  const tap = typedPort<TapMessage, TapCommand>(port1, tapTransferables);
  const engine = typedPort<TapCommand, TapMessage>(port2, tapCommandTransferables);
  const next = (): Promise<TapMessage> => new Promise((resolve) => engine.receive(resolve));
  const close = (): void => [tap, engine].forEach((port) => port.close());
  return { tap, engine, next, close };
}

describe('typed ports over a real MessageChannel', () => {
  test('[PORT-1] a message arrives as it was sent, what is transferred moved and not copied', async () => {
    const { port1, port2 } = new MessageChannel();
    const engine = typedPort<PlayerCommand, never>(port1, playerCommandTransferables);
    const player = typedPort<never, PlayerCommand>(port2, () => []);
    const samples = Float32Array.of(0.25, -0.5);
    engine.send({ type: 'pcm', utteranceId: 'u', samples });
    const message = await new Promise((resolve) => player.receive(resolve));
    expect(message).toEqual({ type: 'pcm', utteranceId: 'u', samples: Float32Array.of(0.25, -0.5) });
    expect(samples.buffer.byteLength).toBe(0);
    for (const port of [engine, player]) port.close();
  });

  test('[PORT-2] what was sent before anybody receives is not lost, and comes in order', async () => {
    const { tap, engine, close } = channel();
    for (const endFrame of [1, 2, 3]) tap.send({ type: 'stopped', endFrame });
    const frames: number[] = [];
    await new Promise<void>((resolve) =>
      engine.receive((message) => {
        if (message.type === 'stopped' && frames.push(message.endFrame) === 3) resolve();
      }),
    );
    expect(frames).toEqual([1, 2, 3]);
    close();
  });

  test('[PORT-3] a second receiver replaces the first', async () => {
    const { tap, engine, next, close } = channel();
    const first: TapMessage[] = [];
    engine.receive((message) => first.push(message));
    const second = next();
    tap.send({ type: 'stopped', endFrame: 1 });
    expect(await second).toEqual({ type: 'stopped', endFrame: 1 });
    expect(first).toEqual([]);
    close();
  });

  test('[PORT-4] after close() nothing is received', async () => {
    const { port1, port2 } = new MessageChannel();
    const received: unknown[] = [];
    const end = typedPort<never, unknown>(port2, () => []);
    end.receive((message) => received.push(message));
    const closed = new Promise((resolve) => port1.addEventListener('close', resolve));
    end.close();
    port1.postMessage('late');
    await closed;
    expect(received).toEqual([]);
  });
});

describe('what moves with a message', () => {
  const samples = new Float32Array(4);
  const { port1: port } = new MessageChannel();

  test('[PORT-5] what the bot says and ports move; facts do not, nor captured audio, which its worklet keeps', () => {
    expect(tapTransferables({ type: 'block', startFrame: 0, wallMs: 0, samples })).toEqual([]);
    expect(tapTransferables({ type: 'stopped', endFrame: 0 })).toEqual([]);
    const block = { type: 'block', startFrame: 0, wallMs: 0, frames: 4, events: [] } as const;
    expect(playerTransferables({ ...block, samples })).toEqual([]);
    expect(playerTransferables({ ...block, samples: null })).toEqual([]);
    expect(playerCommandTransferables({ type: 'pcm', utteranceId: 'u', samples })).toEqual([samples.buffer]);
    expect(playerCommandTransferables({ type: 'cut', cutId: 1 })).toEqual([]);
    const pcm: BotMessage = { type: 'pcm', samples: new Int16Array(2), sampleRate: 24_000 };
    expect(botMessageTransferables(pcm)).toEqual([pcm.samples.buffer]);
    expect(botMessageTransferables({ type: 'end' })).toEqual([]);
    expect(audioSetupTransferables({ type: 'connect', port })).toEqual([port]);
    expect(engineMessageTransferables({ type: 'facts', port })).toEqual([port]);
    port.close();
  });
});
