import { LOW_PASSES } from '../../codecs/kaiser-sinc.ts';
import { Resampler } from '../../codecs/resampler.ts';
import { toPcm16 } from '../../codecs/wav.ts';
import type { TeeFrame, TeeSettings } from '../../core/messages/tee.ts';
import type { ResamplerQuality } from '../../core/settings.ts';

type Samples = TeeFrame['samples'];

/** Makes frames of one length, rate and format of a track. */
export class FrameCutter {
  readonly #settings: TeeSettings;
  readonly #resampler: Resampler;
  readonly #frameLength: number;
  readonly #onFrame: (samples: Samples, index: number) => void;
  #frame: Samples;
  #filled = 0;
  #made = 0;

  /** `track`: its rate in Hz, and how well it is changed to the tee's. `onFrame`: `index` is the number of the frame's first sample. */
  constructor(
    settings: TeeSettings,
    track: { rate: number; resampler?: ResamplerQuality | undefined },
    onFrame: (samples: Samples, index: number) => void,
  ) {
    this.#settings = settings;
    this.#resampler = new Resampler(track.rate, settings.sampleRate, LOW_PASSES[track.resampler ?? 'best']);
    this.#frameLength = Math.round((settings.frameMs / 1000) * settings.sampleRate);
    this.#onFrame = onFrame;
    this.#frame = this.#newFrame(this.#frameLength);
  }

  add(samples: Float32Array): void {
    this.#fill(this.#resampler.process(samples));
  }

  /** No more comes: what the filter still holds, and a last frame that may be shorter. */
  end(): void {
    this.#fill(this.#resampler.flush());
    if (this.#filled > 0) this.#cut(this.#frame.slice(0, this.#filled));
  }

  #fill(samples: Float32Array): void {
    const isInteger = this.#settings.format === 'i16';
    for (const sample of samples) {
      this.#frame[this.#filled] = isInteger ? toPcm16(sample) : sample;
      this.#filled += 1;
      if (this.#filled === this.#frameLength) this.#cut(this.#frame);
    }
  }

  #cut(frame: Samples): void {
    const index = this.#made;
    this.#made += frame.length;
    this.#filled = 0;
    this.#frame = this.#newFrame(this.#frameLength);
    // Last: whoever gets it may give its buffer away.
    this.#onFrame(frame, index);
  }

  #newFrame(length: number): Samples {
    return this.#settings.format === 'i16' ? new Int16Array(length) : new Float32Array(length);
  }
}
