import { PLAYER_PROCESSOR, QUANTUM_FRAMES, type WorkletOptions } from '../core/messages/audio-setup.ts';
import type { QueueFacts } from '../core/messages/credits.ts';
import { AS_IT_COMES, type LoudspeakerMessage } from '../core/messages/loudspeaker.ts';
import {
  DECLICK_MS,
  type PlayerCommand,
  type PlayerEvent,
  type PlayerMessage,
  playerTransferables,
} from '../core/messages/player-engine.ts';
import { EngineEnd } from './engine-end.ts';
import { FrameClock } from './frame-clock.ts';
import { Loudspeaker } from './loudspeaker.ts';
import { PlaybackQueue } from './playback-queue.ts';

const NO_EVENTS: readonly PlayerEvent[] = [];

/**
 * Plays the bot's utterances and sends the engine what it put out, with what happened at which frame. The samples are
 * those of the output, after gain; all that is not in them is the volume that the user has chosen.
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
  readonly #loudspeaker: Loudspeaker;
  readonly #mono = new Float32Array(QUANTUM_FRAMES);
  readonly #channels = [this.#mono];
  /** Of the running block. */
  #events: PlayerEvent[] = [];
  readonly #engine = new EngineEnd<PlayerMessage & QueueFacts, PlayerCommand>({
    port: this.port,
    sampleRate,
    currentFrame: () => currentFrame,
    transferables: playerTransferables,
    toBlock: (startFrame, wallMs, frames, samples) => {
      const events = this.#events.length > 0 ? this.#events : NO_EVENTS;
      if (events !== NO_EVENTS) this.#events = [];
      return { type: 'block', startFrame, wallMs, frames, samples, events };
    },
    carry(lost, next) {
      if (lost.type === 'block' && next.type === 'block') next.events = [...lost.events, ...next.events];
    },
    obey: (command) => this.#obey(command),
  });

  constructor(options?: { processorOptions?: Partial<WorkletOptions> }) {
    super();
    const state = { ...AS_IT_COMES, ...options?.processorOptions };
    this.#loudspeaker = new Loudspeaker({ ...state, quantumFrames: QUANTUM_FRAMES, sampleRate });
  }

  process(_inputs: readonly (readonly Float32Array[])[], outputs: readonly (readonly Float32Array[])[]): boolean {
    this.#engine.poll();
    if (this.#engine.isStopped) return false;
    const frame = this.#clock.at(currentFrame, QUANTUM_FRAMES);
    if (!this.#engine.isConnected || frame === undefined) return true;
    const { blocks } = this.#engine;
    const loudspeaker = this.#loudspeaker;
    this.#tell(loudspeaker.begin(frame));
    blocks.begin(frame, Date.now());
    const known = this.#events.length;
    this.#queue.render(this.#mono, frame, this.#events, loudspeaker.silentFrom);
    loudspeaker.gate(this.#channels);
    const output = outputs[0];
    if (output) {
      for (let channel = 0; channel < output.length; channel += 1) (output[channel] as Float32Array).set(this.#mono);
      loudspeaker.sound(output);
    }
    const isCut = this.#cutSince(known);
    blocks.append(this.#mono, QUANTUM_FRAMES);
    // Whoever cut is waiting for the answer.
    if (isCut) blocks.flush();
    this.#tell(loudspeaker.end(frame));
    return true;
  }

  /** What was put out before goes first. */
  #tell(news: readonly LoudspeakerMessage[]): void {
    if (news.length === 0) return;
    this.#engine.blocks.flush();
    for (const each of news) this.#engine.tell(each);
  }

  #cutSince(known: number): boolean {
    for (let at = known; at < this.#events.length; at += 1) if (this.#events[at]?.kind === 'cut') return true;
    return false;
  }

  #obey(command: Exclude<PlayerCommand, { type: 'consumed' | 'stop' }>): void {
    switch (command.type) {
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
      case 'deafen':
        this.#loudspeaker.deafen(command.deafenId, command.deafened);
        return;
      case 'volume':
        this.#loudspeaker.setVolume(command.volume);
        return;
    }
  }
}

registerProcessor(PLAYER_PROCESSOR, PlayerProcessor);
