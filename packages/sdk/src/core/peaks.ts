/** The outline of audio at one resolution: how far it swings in each stretch of time. */
export interface PeakLevel {
  /** Stretches in a second: stretch `i` begins at `i / peaksPerSecond` seconds. */
  readonly peaksPerSecond: number;
  /** Lowest and highest sample of each stretch: -32767 … 32767 is -1 … 1. */
  readonly min: Int16Array;
  readonly max: Int16Array;
}

/** The outline of one file at several resolutions, so that a minute and an hour are drawn from about as many numbers. */
export interface Peaks {
  /** Finest first: 100 in a second, then 12.5, then 1.5625. */
  readonly levels: readonly PeakLevel[];
}

/** Of the finest level: 10 ms, less than a syllable and less than a pixel of any view of a conversation. */
const PEAKS_PER_SECOND = 100;
/** From one level to the next. A view that is between two levels draws from at most so many numbers for a pixel. */
const FOLD = 8;
const LEVELS = 3;
const FULL_SCALE = 32_767;

/** Takes the peaks of mono audio while it passes by: two comparisons for a sample. */
export class PeakMeter {
  readonly #sampleRate: number;
  #pairs = new Int16Array(2 * PEAKS_PER_SECOND);
  #count = 0;
  #samples = 0;
  #low = 0;
  #high = 0;

  /** `sampleRate` in Hz. */
  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate;
  }

  write(samples: Float32Array): void {
    for (let at = 0; at < samples.length;) {
      const left = Math.ceil(((this.#count + 1) * this.#sampleRate) / PEAKS_PER_SECOND) - this.#samples;
      const end = Math.min(samples.length, at + left);
      for (let index = at; index < end; index += 1) {
        const sample = samples[index] ?? 0;
        if (sample < this.#low) this.#low = sample;
        else if (sample > this.#high) this.#high = sample;
      }
      this.#samples += end - at;
      if (end - at === left) this.#close();
      at = end;
    }
  }

  /** What was written so far, of `samples` at most, as it is kept: lowest and highest in turn, finest level only. */
  pack(samples = this.#samples): ArrayBuffer {
    const begun = this.#samples > Math.ceil((this.#count * this.#sampleRate) / PEAKS_PER_SECOND);
    const wanted = Math.ceil((samples * PEAKS_PER_SECOND) / this.#sampleRate);
    const packed = new Int16Array(2 * Math.min(wanted, this.#count + (begun ? 1 : 0)));
    packed.set(this.#pairs.subarray(0, Math.min(packed.length, 2 * this.#count)));
    if (packed.length > 2 * this.#count) packed.set([quantised(this.#low), quantised(this.#high)], 2 * this.#count);
    return packed.buffer;
  }

  #close(): void {
    const at = 2 * this.#count;
    if (at === this.#pairs.length) {
      const longer = new Int16Array(2 * at);
      longer.set(this.#pairs);
      this.#pairs = longer;
    }
    this.#pairs[at] = quantised(this.#low);
    this.#pairs[at + 1] = quantised(this.#high);
    this.#count += 1;
    this.#low = 0;
    this.#high = 0;
  }
}

/** Packed peaks at every resolution. */
export function unpackPeaks(packed: ArrayBuffer): Peaks {
  const pairs = new Int16Array(packed);
  const min = new Int16Array(pairs.length / 2);
  const max = new Int16Array(pairs.length / 2);
  for (let index = 0; index < min.length; index += 1) {
    min[index] = pairs[2 * index] ?? 0;
    max[index] = pairs[2 * index + 1] ?? 0;
  }
  const levels: PeakLevel[] = [{ peaksPerSecond: PEAKS_PER_SECOND, min, max }];
  for (let level = levels[0]; level && levels.length < LEVELS; level = levels.at(-1)) levels.push(folded(level));
  return { levels };
}

/**
 * The peaks of mono samples, -1 … 1, at `sampleRate` Hz: what `recorder.readPeaks()` gives of a kept segment, of audio from
 * anywhere.
 */
export function peaksOf(samples: Float32Array, sampleRate: number): Peaks {
  const meter = new PeakMeter(sampleRate);
  meter.write(samples);
  return unpackPeaks(meter.pack());
}

function folded({ peaksPerSecond, min, max }: PeakLevel): PeakLevel {
  const length = Math.ceil(min.length / FOLD);
  const coarse = { peaksPerSecond: peaksPerSecond / FOLD, min: new Int16Array(length), max: new Int16Array(length) };
  for (let index = 0; index < min.length; index += 1) {
    const at = Math.floor(index / FOLD);
    coarse.min[at] = Math.min(coarse.min[at] ?? 0, min[index] ?? 0);
    coarse.max[at] = Math.max(coarse.max[at] ?? 0, max[index] ?? 0);
  }
  return coarse;
}

function quantised(sample: number): number {
  return Math.round(Math.max(-1, Math.min(1, sample)) * FULL_SCALE);
}
