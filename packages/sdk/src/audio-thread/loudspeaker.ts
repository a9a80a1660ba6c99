import { type LoudspeakerMessage, type LoudspeakerState, VOLUME_RAMP_MS } from '../core/messages/loudspeaker.ts';
import { DECLICK_MS } from '../core/messages/player-engine.ts';
import { GainRamp } from './gain-ramp.ts';

export interface LoudspeakerOptions extends LoudspeakerState {
  quantumFrames: number;
  /** Of the context, in Hz. */
  sampleRate: number;
}

const NOTHING: readonly LoudspeakerMessage[] = [];

/**
 * The last thing before the ear: a gate, which a deafened user has shut, and a volume. What is taped lies between them: it is
 * silent when nothing was to be heard, and as loud as the bot is, however loud the user has it.
 *
 * In each quantum: `begin`, `gate`, tape, `sound`, `end`. The gate opens where a quantum begins, and shuts after its fade, so that
 * the silent frames of a quantum are its last ones.
 */
export class Loudspeaker {
  readonly #quantumFrames: number;
  readonly #fadeFrames: number;
  readonly #rampFrames: number;
  readonly #gains: Float32Array;
  readonly #gate: GainRamp;
  readonly #volume: GainRamp;
  #deafened: boolean;
  /** Frames that still fade, and whom to tell when none is left. */
  #fadeLeft = 0;
  #shutting: number | undefined;
  #asked: { deafenId: number; deafened: boolean }[] = [];
  #volumeAsked: number | undefined;

  constructor({ quantumFrames, sampleRate, deafened, volume }: LoudspeakerOptions) {
    this.#quantumFrames = quantumFrames;
    this.#fadeFrames = Math.floor((DECLICK_MS / 1000) * sampleRate);
    this.#rampFrames = Math.round((VOLUME_RAMP_MS / 1000) * sampleRate);
    this.#gains = new Float32Array(quantumFrames);
    this.#gate = new GainRamp(deafened ? 0 : 1);
    this.#volume = new GainRamp(volume);
    this.#deafened = deafened;
  }

  /** From the next quantum on. */
  deafen(deafenId: number, deafened: boolean): void {
    this.#asked.push({ deafenId, deafened });
  }

  /** From the next quantum on; of several the last. */
  setVolume(volume: number): void {
    this.#volumeAsked = volume;
  }

  /** The first frame of this quantum that nobody is to hear; its length when all of it is. */
  get silentFrom(): number {
    return this.#deafened ? Math.min(this.#fadeLeft, this.#quantumFrames) : this.#quantumFrames;
  }

  /** What was asked for holds from this frame on. What has to be told before the quantum. */
  begin(frame: number): readonly LoudspeakerMessage[] {
    if (this.#asked.length === 0 && this.#volumeAsked === undefined) return NOTHING;
    const news: LoudspeakerMessage[] = [];
    for (const { deafenId, deafened } of this.#asked) this.#set(deafenId, deafened, frame, news);
    this.#asked = [];
    if (this.#volumeAsked === undefined) return news;
    this.#volume.rampTo(this.#volumeAsked, this.#rampFrames);
    news.push({ type: 'volume', volume: this.#volumeAsked, frame });
    this.#volumeAsked = undefined;
    return news;
  }

  /** What is heard of a quantum, in place. */
  gate(channels: readonly Float32Array[]): void {
    this.#multiply(this.#gate, channels);
  }

  /** As loud as the user has it, in place. Behind it is only the ear. */
  sound(channels: readonly Float32Array[]): void {
    this.#multiply(this.#volume, channels);
  }

  /** The quantum that began at this frame is put out. What has to be told after it. */
  end(frame: number): readonly LoudspeakerMessage[] {
    if (!this.#deafened) return NOTHING;
    const faded = this.#fadeLeft;
    this.#fadeLeft = Math.max(0, faded - this.#quantumFrames);
    // A fade that fills its quantum ends with it: the next one begins silent.
    if (this.#shutting === undefined || this.#fadeLeft > 0) return NOTHING;
    const deafenId = this.#shutting;
    this.#shutting = undefined;
    return [{ type: 'deafened', deafenId, frame: frame + faded }];
  }

  #set(deafenId: number, deafened: boolean, frame: number, news: LoudspeakerMessage[]): void {
    if (deafened === this.#deafened) {
      news.push({ type: 'deafened', deafenId, frame: frame + this.#fadeLeft });
      return;
    }
    // A fade that is called back: nothing was silent.
    if (this.#shutting !== undefined) news.push({ type: 'deafened', deafenId: this.#shutting, frame });
    this.#shutting = undefined;
    this.#deafened = deafened;
    if (deafened) {
      this.#shutting = deafenId;
      this.#fadeLeft = this.#fadeFrames;
      this.#gate.rampTo(0, this.#fadeFrames + 1);
      return;
    }
    this.#fadeLeft = 0;
    this.#gate.rampTo(1, this.#fadeFrames);
    news.push({ type: 'deafened', deafenId, frame });
  }

  #multiply(ramp: GainRamp, channels: readonly Float32Array[]): void {
    if (ramp.isUnity) return;
    const gains = this.#gains;
    ramp.write(gains, 0, this.#quantumFrames);
    for (let channel = 0; channel < channels.length; channel += 1) {
      const samples = channels[channel] as Float32Array;
      for (let at = 0; at < samples.length; at += 1) samples[at] = (samples[at] as number) * (gains[at] as number);
    }
  }
}
