import type { AudioSetup } from '../core/messages/audio-setup.ts';
import type { CreditCommand, QueueFacts } from '../core/messages/credits.ts';
import { typedPort } from '../core/messages/ports.ts';
import type { PolledPort } from '../core/messages/shared-port.ts';
import { BlockBuilder } from './block-builder.ts';
import { BlockQueue, type BlockQueueOptions } from './block-queue.ts';
import { engineLink } from './engine-link.ts';

/** What every worklet is told, beside what is its own. */
type CommonCommand = CreditCommand | { type: 'stop' };

export interface EngineEndOptions<Message, Command> {
  /** Of the processor: the page says there where the engine is. */
  port: MessagePort;
  /** Of the context, in Hz. */
  sampleRate: number;
  /** Of the context. */
  currentFrame: () => number;
  transferables: (message: Message) => readonly unknown[];
  /** The message of a block. `samples` null: every frame of it was silent. */
  toBlock: (startFrame: number, wallMs: number, frames: number, samples: Float32Array | null) => Message;
  /** What the engine wants of this worklet alone: credits and the end are obeyed here. */
  obey: (command: Exclude<Command, CommonCommand>) => void;
  carry?: BlockQueueOptions<Message>['carry'];
  /** An engine is there: the first, or another than before. */
  onConnected?: () => void;
}

/**
 * A worklet's end of its link to the engine. Blocks and news go out in order and as far as there is credit for them,
 * commands come in, and `stopped` is the last word. Nothing is sent before the page has said where the engine is.
 */
export class EngineEnd<Message extends object, Command extends { type: string }> {
  /** Of the worklet's audio. */
  readonly blocks: BlockBuilder;
  readonly #options: EngineEndOptions<Message, Command>;
  readonly #queue: BlockQueue<Message & QueueFacts>;
  #engine: PolledPort<Message, Command> | undefined;
  #isStopped = false;

  constructor(options: EngineEndOptions<Message, Command>) {
    this.#options = options;
    const { port, sampleRate, transferables, toBlock, carry, onConnected } = options;
    const send = (message: Message): void => this.#engine?.send(message);
    this.#queue = new BlockQueue({ sampleRate, send, ...(carry && { carry }) });
    this.blocks = new BlockBuilder(sampleRate, (startFrame, wallMs, frames, samples) =>
      this.#queue.push(toBlock(startFrame, wallMs, frames, samples), frames),
    );
    typedPort<never, AudioSetup>(port, () => []).receive((setup) => {
      // The engine before it, if there was one, is dead.
      this.#engine?.close();
      this.#engine = engineLink<Message, Command>(setup, transferables);
      this.#engine.receive((command) => this.#obey(command));
      this.#queue.reconnected();
      onConnected?.();
    });
  }

  /** There is an engine. */
  get isConnected(): boolean {
    return this.#engine !== undefined;
  }

  /** The engine has had the last word of us. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Once in each quantum: what came through shared memory is obeyed. */
  poll(): void {
    this.#engine?.poll();
  }

  /** News without audio, behind the blocks that went before. */
  tell(message: Message): void {
    this.#queue.push(message);
  }

  #obey(command: Command): void {
    const common = command as unknown as CommonCommand;
    if (common.type === 'consumed') this.#queue.consumed(common.frames);
    else if (common.type === 'stop') this.#stop();
    else this.#options.obey(command as Exclude<Command, CommonCommand>);
  }

  /** Answers at once, also in a context that is suspended and will not render again. */
  #stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.blocks.flush();
    const endFrame = this.blocks.endFrame ?? this.#options.currentFrame();
    this.tell({ type: 'stopped', endFrame } as unknown as Message);
  }
}
