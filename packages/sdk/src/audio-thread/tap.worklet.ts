import {
  BLOCK_FRAMES,
  LONGEST_BURST_FRAMES,
  QUANTUM_FRAMES,
  TAP_PROCESSOR,
  type WorkletOptions,
} from '../core/messages/audio-setup.ts';
import type { QueueFacts } from '../core/messages/credits.ts';
import { AS_IT_COMES } from '../core/messages/loudspeaker.ts';
import { DECLICK_MS } from '../core/messages/player-engine.ts';
import { type TapCommand, type TapMessage, tapTransferables } from '../core/messages/tap-engine.ts';
import { BurstWatch } from './burst-watch.ts';
import { EngineEnd } from './engine-end.ts';
import { FrameClock } from './frame-clock.ts';
import { Loudspeaker } from './loudspeaker.ts';
import { mixDown } from './mix-down.ts';
import { TapGate } from './tap-gate.ts';

/** A disconnected input has no channels. */
const NO_CHANNELS: readonly Float32Array[] = [];

/**
 * Listens to its input and sends it to the engine, mono. An input without a source is silence, and the clock of its
 * track goes on. With `plays` it passes the input to its output through a gain and tapes what it put out, but for the volume that
 * the user has chosen; otherwise its output is silent.
 *
 * Nothing is sent before `connect`. An exception in `process()` ends the processor, and the node tells the page by its
 * `onprocessorerror`: nothing is caught here. (By the attribute alone: the event of Chromium 156 is of type `error`.)
 */
class TapProcessor extends AudioWorkletProcessor {
  /** Of a tap that plays. */
  readonly #gate: TapGate | undefined;
  readonly #loudspeaker: Loudspeaker | undefined;
  /** Nothing of the running block was put out. */
  #deafened = false;
  readonly #clock = new FrameClock();
  readonly #bursts = new BurstWatch((QUANTUM_FRAMES / sampleRate) * 1000);
  /** A block goes when its burst is over. */
  #byBursts = false;
  readonly #mono = new Float32Array(QUANTUM_FRAMES);
  readonly #cuts: Extract<TapMessage, { type: 'cut' }>[] = [];
  #muted = false;
  #mute: Extract<TapCommand, { type: 'mute' }> | undefined;
  readonly #engine = new EngineEnd<TapMessage & QueueFacts, TapCommand>({
    port: this.port,
    sampleRate,
    currentFrame: () => currentFrame,
    transferables: tapTransferables,
    toBlock: (startFrame, wallMs, frames, samples) => ({
      type: 'block',
      startFrame,
      wallMs,
      samples: samples ?? new Float32Array(frames),
      ...(this.#deafened && { deafened: true }),
    }),
    obey: (command) => this.#obey(command),
    // Until it says otherwise.
    onConnected: () => this.#endBlocks('full'),
  });

  constructor(options?: { processorOptions?: Partial<WorkletOptions> }) {
    super();
    const { plays, ...state } = { plays: false, ...AS_IT_COMES, ...options?.processorOptions };
    if (!plays) return;
    const fadeFrames = Math.floor((DECLICK_MS / 1000) * sampleRate);
    this.#gate = new TapGate({ quantumFrames: QUANTUM_FRAMES, fadeFrames });
    this.#loudspeaker = new Loudspeaker({ ...state, quantumFrames: QUANTUM_FRAMES, sampleRate });
  }

  process(inputs: readonly (readonly Float32Array[])[], outputs: readonly (readonly Float32Array[])[]): boolean {
    this.#engine.poll();
    if (this.#engine.isStopped) return false;
    const input = inputs[0] ?? NO_CHANNELS;
    const output = outputs[0] ?? NO_CHANNELS;
    // Without a gate the output is left as it comes: silent.
    this.#gate?.pass(input, output, currentFrame, this.#onCut);
    const frame = this.#clock.at(currentFrame, QUANTUM_FRAMES);
    const loudspeaker = this.#loudspeaker;
    if (!this.#engine.isConnected || frame === undefined) {
      loudspeaker?.gate(output);
      loudspeaker?.sound(output);
      return true;
    }
    if (this.#mute) this.#setMute(this.#mute);
    if (loudspeaker) this.#tell(loudspeaker.begin(frame));
    const wallMs = Date.now();
    this.#engine.blocks.begin(frame, wallMs);
    const taped = this.#gate ? output : input;
    this.#deafened = loudspeaker?.silentFrom === 0;
    if (!this.#deafened) loudspeaker?.gate(output);
    if (!this.#muted) mixDown(taped, this.#mono);
    // What would have been heard still has its turns: it was taped before the gate.
    if (this.#deafened) loudspeaker?.gate(output);
    loudspeaker?.sound(output);
    this.#engine.blocks.append(taped.length > 0 && !this.#muted ? this.#mono : null, QUANTUM_FRAMES);
    if (this.#bursts.quantum(wallMs) && this.#byBursts) this.#engine.blocks.flush();
    this.#tell(this.#cuts);
    this.#cuts.length = 0;
    if (loudspeaker) this.#tell(loudspeaker.end(frame));
    return true;
  }

  #endBlocks(end: 'full' | 'burst'): void {
    this.#byBursts = end === 'burst';
    this.#engine.blocks.resize(this.#byBursts ? LONGEST_BURST_FRAMES : BLOCK_FRAMES, !this.#byBursts);
  }

  readonly #onCut = (cutId: number, frame: number): void => {
    this.#cuts.push({ type: 'cut', cutId, frame });
  };

  /** What was heard before goes first, and at once, so that the engine has it when it learns of a frame. */
  #tell(news: readonly TapMessage[]): void {
    if (news.length === 0) return;
    this.#engine.blocks.flush();
    for (const each of news) this.#engine.tell(each);
  }

  /** Between two quanta. */
  #setMute({ muteId, muted }: Extract<TapCommand, { type: 'mute' }>): void {
    this.#mute = undefined;
    this.#muted = muted;
    this.#tell([{ type: 'muted', muteId, frame: currentFrame }]);
  }

  #obey(command: Exclude<TapCommand, { type: 'consumed' | 'stop' }>): void {
    switch (command.type) {
      case 'gain':
        this.#gate?.gain(command.gain, Math.round((command.rampMs / 1000) * sampleRate));
        return;
      case 'cut':
        // A tap that plays nothing is silent already.
        if (this.#gate) this.#gate.cut(command.cutId);
        else this.#engine.tell({ type: 'cut', cutId: command.cutId, frame: currentFrame });
        return;
      case 'mute':
        this.#mute = command;
        return;
      case 'deafen':
        this.#loudspeaker?.deafen(command.deafenId, command.deafened);
        return;
      case 'volume':
        this.#loudspeaker?.setVolume(command.volume);
        return;
      case 'blocks':
        this.#endBlocks(command.end);
        return;
    }
  }
}

registerProcessor(TAP_PROCESSOR, TapProcessor);
