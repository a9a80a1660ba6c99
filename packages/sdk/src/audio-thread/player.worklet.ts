import { type AudioSetup, PLAYER_PROCESSOR, QUANTUM_FRAMES } from '../core/messages/audio-setup.ts';
import {
  DECLICK_MS,
  type PlayerCommand,
  type PlayerEvent,
  type PlayerMessage,
  playerTransferables,
} from '../core/messages/player-engine.ts';
import type { QueueFacts } from '../core/messages/credits.ts';
import { typedPort } from '../core/messages/ports.ts';
import type { PolledPort } from '../core/messages/shared-port.ts';
import { BlockBuilder } from './block-builder.ts';
import { BlockQueue } from './block-queue.ts';
import { engineLink } from './engine-link.ts';
import { FrameClock } from './frame-clock.ts';
import { PlaybackQueue } from './playback-queue.ts';

const NO_EVENTS: readonly PlayerEvent[] = [];

/**
 * Plays the bot's utterances and sends the engine what it put out, with what happened at which frame. The samples are
 * those of the output, after gain.
 *
 * Nothing is sent before `connect`. An exception in `process()` ends the processor, and the node tells the page by its
 * `onprocessorerror`: nothing is caught here. (By the attribute alone: the event of Chromium 156 is of type `error`.)
 */
class PlayerProcessor extends AudioWorkletProcessor {
  readonly #queue = new PlaybackQueue({
    quantumFrames: QUANTUM_FRAMES,
    fadeFrames: Math.floor((DECLICK_MS / 1000) * sampleRate),
  });
  readonly #clock = new FrameClock();
  readonly #blocks: BlockBuilder;
  readonly #mono = new Float32Array(QUANTUM_FRAMES);
  /** Of the running block. */
  #events: PlayerEvent[] = [];
  readonly #toEngine: BlockQueue<PlayerMessage & QueueFacts>;
  #engine: PolledPort<PlayerMessage, PlayerCommand> | undefined;
  #stopped = false;

  constructor() {
    super();
    this.#toEngine = new BlockQueue({
      sampleRate,
      send: (message) => this.#engine?.send(message),
      carry(lost, next) {
        if (lost.type === 'block' && next.type === 'block') next.events = [...lost.events, ...next.events];
      },
    });
    this.#blocks = new BlockBuilder(sampleRate, (startFrame, wallMs, frames, samples) => {
      const events = this.#events.length > 0 ? this.#events : NO_EVENTS;
      if (events !== NO_EVENTS) this.#events = [];
      this.#toEngine.push({ type: 'block', startFrame, wallMs, frames, samples, events }, frames);
    });
    typedPort<never, AudioSetup>(this.port, () => []).receive((setup) => {
      // The engine before it, if there was one, is dead.
      this.#engine?.close();
      this.#engine = engineLink<PlayerMessage, PlayerCommand>(setup, playerTransferables);
      this.#engine.receive((command) => this.#obey(command));
      this.#toEngine.reconnected();
    });
  }

  process(_inputs: readonly (readonly Float32Array[])[], outputs: readonly (readonly Float32Array[])[]): boolean {
    this.#engine?.poll();
    if (this.#stopped) return false;
    const frame = this.#clock.at(currentFrame, QUANTUM_FRAMES);
    if (!this.#engine || frame === undefined) return true;
    this.#blocks.begin(frame, Date.now());
    const known = this.#events.length;
    this.#queue.render(this.#mono, frame, this.#events);
    const output = outputs[0];
    if (output)
      for (let channel = 0; channel < output.length; channel += 1) (output[channel] as Float32Array).set(this.#mono);
    const isCut = this.#cutSince(known);
    this.#blocks.append(this.#mono, QUANTUM_FRAMES);
    // Whoever cut is waiting for the answer.
    if (isCut) this.#blocks.flush();
    return true;
  }

  #cutSince(known: number): boolean {
    for (let at = known; at < this.#events.length; at += 1) if (this.#events[at]?.kind === 'cut') return true;
    return false;
  }

  #obey(command: PlayerCommand): void {
    switch (command.type) {
      case 'consumed':
        this.#toEngine.consumed(command.frames);
        return;
      case 'begin':
        this.#queue.begin(command.utteranceId);
        return;
      case 'pcm':
        this.#queue.pcm(command.utteranceId, command.samples);
        return;
      case 'end':
        this.#queue.end(command.utteranceId);
        return;
      case 'cut':
        this.#queue.cut(command.cutId);
        return;
      case 'gain':
        this.#queue.gain(command.gain, Math.round((command.rampMs / 1000) * sampleRate));
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
    this.#toEngine.push({ type: 'stopped', endFrame: this.#blocks.endFrame ?? currentFrame });
  }
}

registerProcessor(PLAYER_PROCESSOR, PlayerProcessor);
