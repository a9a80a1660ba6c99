import { expect } from 'vitest';
import {
  type AudioSetup,
  BLOCK_FRAMES,
  PLAYER_PROCESSOR,
  QUANTUM_FRAMES,
  TAP_PROCESSOR,
  type WorkletOptions,
  audioSetupTransferables,
} from '../core/messages/audio-setup.ts';
import {
  type PlayerBlock,
  type PlayerCommand,
  type PlayerEvent,
  type PlayerMessage,
  playerCommandTransferables,
} from '../core/messages/player-engine.ts';
import { type TypedPort, typedPort } from '../core/messages/ports.ts';
import {
  type TapBlock,
  type TapCommand,
  type TapMessage,
  tapCommandTransferables,
} from '../core/messages/tap-engine.ts';

/** Both worklets in a context of the browser, each with an engine that writes down what it is sent. Nothing of it is shipped. */

/** Of every context, in Hz. */
export const RATE = 48_000;

/** The engine's end of a worklet: everything it sent, and a way to wait for what comes. */
class Ear<Command, Message extends { type: string }> {
  readonly messages: Message[] = [];
  readonly #port: TypedPort<Command, Message>;
  readonly #waiting = new Set<() => void>();

  constructor(node: AudioWorkletNode, transferables: (command: Command) => readonly unknown[]) {
    const { port1, port2 } = new MessageChannel();
    this.#port = typedPort(port2, transferables);
    let frames = 0;
    this.#port.receive((message) => {
      this.messages.push(message);
      if (message.type === 'block') {
        frames += framesOf(message as unknown as TapBlock | PlayerBlock);
        this.#port.send({ type: 'consumed', frames } as Command);
      }
      for (const check of this.#waiting) check();
    });
    typedPort<AudioSetup, never>(node.port, audioSetupTransferables).send({ type: 'connect', port: port1 });
  }

  send(command: Command): void {
    this.#port.send(command);
  }

  /** Settles with the first message, past or to come, of which `pick` makes something. */
  until<Found>(pick: (message: Message) => Found | undefined): Promise<Found> {
    return new Promise((resolve) => {
      let seen = 0;
      const check = (): void => {
        for (let message = this.messages.at(seen); message; message = this.messages.at(seen)) {
          seen += 1;
          const found = pick(message);
          if (found === undefined) continue;
          this.#waiting.delete(check);
          resolve(found);
          return;
        }
      };
      this.#waiting.add(check);
      check();
    });
  }
}

/** The engine of a player. */
export class PlayerEar extends Ear<PlayerCommand, PlayerMessage> {
  constructor(context: BaseAudioContext) {
    const node = new AudioWorkletNode(context, PLAYER_PROCESSOR, { numberOfInputs: 0, outputChannelCount: [2] });
    super(node, playerCommandTransferables);
    this.node = node;
  }

  readonly node: AudioWorkletNode;

  get events(): PlayerEvent[] {
    return this.messages.flatMap((message) => (message.type === 'block' ? message.events : []));
  }

  /** What it says it put out, by frame. */
  get tape(): Map<number, number> {
    return tapeOf(this.messages.flatMap((each) => (each.type === 'block' ? [each] : [])));
  }

  say(utteranceId: string, samples: Float32Array): void {
    this.send({ type: 'begin', utteranceId });
    this.send({ type: 'pcm', utteranceId, samples });
    this.send({ type: 'end', utteranceId });
  }

  happened<Kind extends PlayerEvent['kind']>(kind: Kind): Promise<Extract<PlayerEvent, { kind: Kind }>> {
    return this.until((message) =>
      message.type === 'block'
        ? message.events.find((event): event is Extract<PlayerEvent, { kind: Kind }> => event.kind === kind)
        : undefined,
    );
  }
}

/** The engine of a tap. */
export class TapEar extends Ear<TapCommand, TapMessage> {
  #questions = 0;

  constructor(context: BaseAudioContext, options?: Partial<WorkletOptions>) {
    const node = new AudioWorkletNode(context, TAP_PROCESSOR, { outputChannelCount: [2], processorOptions: options });
    super(node, tapCommandTransferables);
    this.node = node;
  }

  readonly node: AudioWorkletNode;

  get tape(): Map<number, number> {
    return tapeOf(
      this.messages.flatMap((each) => (each.type === 'block' ? [{ ...each, frames: each.samples.length }] : [])),
    );
  }

  /** Settles when the audio thread has handled all that was sent to it: a tap that plays nothing answers a cut at once. */
  async handled(): Promise<void> {
    const cutId = (this.#questions -= 1);
    this.send({ type: 'cut', cutId });
    await this.wasCut(cutId);
  }

  wasCut(cutId: number): Promise<number> {
    return this.until((message) => (message.type === 'cut' && message.cutId === cutId ? message.frame : undefined));
  }
}

const framesOf = (block: TapBlock | PlayerBlock): number => ('frames' in block ? block.frames : block.samples.length);

/** For `until`: the next block of a tap. */
export const blockOf = (message: TapMessage): TapBlock | undefined => (message.type === 'block' ? message : undefined);

/** Samples by frame. Fails when a frame comes twice or a block is not where it must be. */
function tapeOf(blocks: readonly { startFrame: number; frames: number; samples: Float32Array | null }[]) {
  const tape = new Map<number, number>();
  let end: number | undefined;
  for (const { startFrame, frames, samples } of blocks) {
    expect(startFrame).toBe(end ?? startFrame);
    expect(frames % QUANTUM_FRAMES).toBe(0);
    expect(Math.floor(startFrame / BLOCK_FRAMES)).toBe(Math.floor((startFrame + frames - 1) / BLOCK_FRAMES));
    for (let at = 0; at < frames; at += 1) tape.set(startFrame + at, samples?.at(at) ?? 0);
    end = startFrame + frames;
  }
  return tape;
}

/** Every frame that both recorded is the same in both. Gives how many frames that were, and how many sounded. */
export function compare(one: Map<number, number>, other: Map<number, number>): { frames: number; sounding: number } {
  let frames = 0;
  let sounding = 0;
  for (const [frame, sample] of one) {
    const same = other.get(frame);
    if (same === undefined) continue;
    if (same !== sample) expect({ frame, sample }).toEqual({ frame, sample: same });
    frames += 1;
    if (sample !== 0) sounding += 1;
  }
  return { frames, sounding };
}

/** The context, with both worklets in it. */
export async function loaded<Context extends BaseAudioContext>(context: Context): Promise<Context> {
  for (const name of ['tap', 'player'])
    await context.audioWorklet.addModule(new URL(`../audio-thread/${name}.worklet.ts`, import.meta.url));
  return context;
}
