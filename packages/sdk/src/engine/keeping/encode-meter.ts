import type { EncodingStats } from '../../core/stats.ts';

/** What it costs the engine to write one speaker's files. `now`: milliseconds of any steady clock. */
export class EncodeMeter {
  readonly #rates: { inputRate: number; fileRate: number };
  readonly #now: () => number;
  #frames = 0;
  #busyMs = 0;
  #chunks = 0;

  constructor(rates: { inputRate: number; fileRate: number }, now: () => number = () => performance.now()) {
    this.#rates = rates;
    this.#now = now;
  }

  get stats(): EncodingStats {
    const { inputRate, fileRate } = this.#rates;
    return {
      inputRate,
      fileRate,
      isResampled: inputRate !== fileRate,
      audioMs: (this.#frames / inputRate) * 1000,
      busyMs: this.#busyMs,
      chunks: this.#chunks,
    };
  }

  /** So many frames of the track are resampled and given to the encoder. */
  measure(frames: number, write: () => void): void {
    const begun = this.#now();
    write();
    this.#busyMs += this.#now() - begun;
    this.#frames += frames;
  }

  /** A chunk is ready for the database. */
  chunk(): void {
    this.#chunks += 1;
  }
}
