import {
  type AudioSetup,
  BLOCK_FRAMES,
  QUANTUM_FRAMES,
  TAP_PROCESSOR,
  type TapOptions,
} from '../core/messages/audio-setup.ts';
import type { QueueFacts } from '../core/messages/credits.ts';
import { typedPort } from '../core/messages/ports.ts';
import type { PolledPort } from '../core/messages/shared-port.ts';
import { DECLICK_MS } from '../core/messages/player-engine.ts';
import { type TapCommand, type TapMessage, tapTransferables } from '../core/messages/tap-engine.ts';
import { BlockBuilder } from './block-builder.ts';
import { BlockQueue } from './block-queue.ts';
import { engineLink } from './engine-link.ts';
import { FrameClock } from './frame-clock.ts';
import { mixDown } from './mix-down.ts';
import { TapGate } from './tap-gate.ts';

/** A disconnected input has no channels. */
const NO_CHANNELS: readonly Float32Array[] = [];

/**
 * Listens to its input and sends it to the engine, mono. An input without a source is silence, and the clock of its
 * track goes on. With `plays` it passes the input to its output through a gain and tapes what it put out; otherwise its
 * output is silent.
 *
 * Nothing is sent before `connect`. An exception in `process()` ends the processor, and the node tells the page by its
 * `onprocessorerror`: nothing is caught here. (By the attribute alone: the event of Chromium 156 is of type `error`.)
 */
class TapProcessor extends AudioWorkletProcessor {
  readonly #gate: TapGate | undefined;
  readonly #clock = new FrameClock();
  readonly #blocks: BlockBuilder;
  readonly #mono = new Float32Array(QUANTUM_FRAMES);
  readonly #cuts: Extract<TapMessage, { type: 'cut' }>[] = [];
  readonly #queue: BlockQueue<TapMessage & QueueFacts>;
  #engine: PolledPort<TapMessage, TapCommand> | undefined;
  #muted = false;
  #mute: Extract<TapCommand, { type: 'mute' }> | undefined;
  #stopped = false;

  constructor(options?: { processorOptions?: Partial<TapOptions> }) {
    super();
    const fadeFrames = Math.floor((DECLICK_MS / 1000) * sampleRate);
    if (options?.processorOptions?.plays) this.#gate = new TapGate({ quantumFrames: QUANTUM_FRAMES, fadeFrames });
    this.#queue = new BlockQueue({ sampleRate, send: (message) => this.#engine?.send(message) });
    this.#blocks = new BlockBuilder(sampleRate, (startFrame, wallMs, frames, samples) =>
      this.#queue.push({ type: 'block', startFrame, wallMs, samples: samples ?? new Float32Array(frames) }, frames),
    );
    typedPort<never, AudioSetup>(this.port, () => []).receive((setup) => {
      // The engine before it, if there was one, is dead.
      this.#engine?.close();
      this.#engine = engineLink<TapMessage, TapCommand>(setup, tapTransferables);
      this.#engine.receive((command) => this.#obey(command));
      this.#queue.reconnected();
      this.#blocks.resize(BLOCK_FRAMES);
    });
  }

  process(inputs: readonly (readonly Float32Array[])[], outputs: readonly (readonly Float32Array[])[]): boolean {
    this.#engine?.poll();
    if (this.#stopped) return false;
    const input = inputs[0] ?? NO_CHANNELS;
    const output = outputs[0] ?? NO_CHANNELS;
    // Without a gate the output is left as it comes: silent.
    this.#gate?.pass(input, output, currentFrame, this.#onCut);
    const frame = this.#clock.at(currentFrame, QUANTUM_FRAMES);
    if (!this.#engine || frame === undefined) return true;
    if (this.#mute) this.#setMute(this.#mute);
    this.#blocks.begin(frame, Date.now());
    const taped = this.#gate ? output : input;
    if (!this.#muted) mixDown(taped, this.#mono);
    this.#blocks.append(taped.length > 0 && !this.#muted ? this.#mono : null, QUANTUM_FRAMES);
    if (this.#cuts.length > 0) this.#tellCuts();
    return true;
  }

  readonly #onCut = (cutId: number, frame: number): void => {
    this.#cuts.push({ type: 'cut', cutId, frame });
  };

  /** The audio before a cut goes first, and at once. */
  #tellCuts(): void {
    this.#blocks.flush();
    for (const cut of this.#cuts) this.#queue.push(cut);
    this.#cuts.length = 0;
  }

  /** Between two quanta: what was heard before goes first, so that the engine has it when it learns of the frame. */
  #setMute({ muteId, muted }: Extract<TapCommand, { type: 'mute' }>): void {
    this.#mute = undefined;
    this.#muted = muted;
    this.#blocks.flush();
    this.#queue.push({ type: 'muted', muteId, frame: currentFrame });
  }

  #obey(command: TapCommand): void {
    switch (command.type) {
      case 'consumed':
        this.#queue.consumed(command.frames);
        return;
      case 'gain':
        this.#gate?.gain(command.gain, Math.round((command.rampMs / 1000) * sampleRate));
        return;
      case 'cut':
        // A tap that plays nothing is silent already.
        if (this.#gate) this.#gate.cut(command.cutId);
        else this.#queue.push({ type: 'cut', cutId: command.cutId, frame: currentFrame });
        return;
      case 'mute':
        this.#mute = command;
        return;
      case 'blocks':
        this.#blocks.resize(command.frames);
        return;
      case 'stop':
        this.#stop();
        return;
    }
  }

  /** Answers at once, also in a context that is suspended and will not render again. */
  #stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#blocks.flush();
    this.#queue.push({ type: 'stopped', endFrame: this.#blocks.endFrame ?? currentFrame });
  }
}

registerProcessor(TAP_PROCESSOR, TapProcessor);
