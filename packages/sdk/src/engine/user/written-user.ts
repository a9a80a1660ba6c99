import { requirePcmRate, toFloat } from '../../codecs/pcm-input.ts';
import { OPUS_RATE } from '../../codecs/opus-head.ts';
import { LOW_PASSES } from '../../codecs/kaiser-sinc.ts';
import { Resampler } from '../../codecs/resampler.ts';
import type { TurntapeError } from '../../core/errors.ts';
import type { PcmEncoding, PcmSamples } from '../../core/pcm.ts';
import type { ResamplerQuality } from '../../core/settings.ts';
import { OpusInput } from '../bot/opus-input.ts';
import type { FrameRange } from '../capture/frame-range.ts';

/**
 * An app's stream that is this far behind the clock has stalled: what it did not bring is a gap, and time goes on, so that
 * an open turn ends as after any other silence. Networks and busy pages hold audio up for less.
 */
const STALL_MS = 500;

export interface WrittenUserOptions {
  /** Of the session, in Hz. */
  rate: number;
  /** How well what is written is changed to it. Default `best`. */
  resampler?: ResamplerQuality | undefined;
  /** How far the session's clock is, in session frames. */
  now: () => number;
  /** The same where the first samples come: an engine that goes on for another hears old blocks first. Default `now`. */
  begins?: (() => number) | undefined;
  /** The next audio of the track. */
  push: (from: number, samples: Float32Array) => void;
  /** The stream stood still for this range, and goes on. */
  onStalled: (range: FrameRange) => void;
  /** Packets that could not be decoded; nobody awaits them. */
  onError: (error: TurntapeError) => void;
}

/**
 * The user's track when the app has a microphone stack of its own. The first samples end now; from then on each follows
 * the one before, however late or early it comes: positions are counted in samples, not in arrivals. Only a stream that
 * stood still is placed anew, where the clock is by then.
 */
export class WrittenUser {
  readonly #options: WrittenUserOptions;
  #stream: { resampler: Resampler; inputRate: number } | undefined;
  /** Where the next sample goes; undefined before the first. */
  #next: number | undefined;
  #stalledFrom: number | undefined;
  #opus: OpusInput | undefined;

  constructor(options: WrittenUserOptions) {
    this.#options = options;
  }

  /** The range that is missing so far of a stall that goes on. */
  get stall(): FrameRange | undefined {
    return this.#stalledFrom === undefined ? undefined : { from: this.#stalledFrom, to: this.#next ?? 0 };
  }

  /** Throws `invalid_argument` that names the field; nothing is lost by it. */
  write(given: PcmSamples, inputRate: number, encoding?: PcmEncoding): void {
    requirePcmRate(inputRate);
    const samples = toFloat(given, encoding);
    if (samples.length === 0) return;
    const { rate, now, begins = now } = this.#options;
    this.#next ??= Math.max(0, begins() - Math.round((samples.length * rate) / inputRate));
    this.#endStall();
    this.#push(this.#resampler(inputRate).process(samples));
  }

  /** The same of one Opus packet. `preSkip` counts with the first. */
  writeOpus(packet: Uint8Array, preSkip: number): void {
    this.#opus ??= new OpusInput({
      preSkip,
      onPcm: (samples) => this.write(samples, OPUS_RATE),
      onError: this.#options.onError,
    });
    this.#opus.write(packet);
  }

  /** The clock went on. */
  advanced(): void {
    if (this.#next === undefined) return;
    const { rate, now } = this.#options;
    if (this.#stalledFrom === undefined) {
      if (now() - this.#next <= (STALL_MS / 1000) * rate) return;
      this.#flush();
      this.#stalledFrom = this.#next;
    }
    this.#push(new Float32Array(Math.max(0, now() - this.#next)));
  }

  /** Nothing more will come. Settles when everything written is on the track. */
  async finish(): Promise<void> {
    await this.#opus?.end();
    this.#flush();
    this.#endStall();
  }

  #endStall(): void {
    const { stall } = this;
    this.#stalledFrom = undefined;
    if (stall) this.#options.onStalled(stall);
  }

  #resampler(inputRate: number): Resampler {
    if (this.#stream?.inputRate === inputRate) return this.#stream.resampler;
    this.#flush();
    const resampler = new Resampler(inputRate, this.#options.rate, LOW_PASSES[this.#options.resampler ?? 'best']);
    this.#stream = { resampler, inputRate };
    return resampler;
  }

  #flush(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    if (stream) this.#push(stream.resampler.flush());
  }

  #push(samples: Float32Array): void {
    if (samples.length === 0 || this.#next === undefined) return;
    const from = this.#next;
    this.#next += samples.length;
    this.#options.push(from, samples);
  }
}
