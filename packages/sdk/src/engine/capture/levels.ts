/** How loud: root mean square and peak of a stretch of samples, in dBFS. Full scale is 0, digital silence -Infinity. */
export class LevelMeter {
  readonly #everyFrames: number;
  readonly #onLevel: (rmsDb: number, peakDb: number, to: number) => void;
  #frames = 0;
  #sumOfSquares = 0;
  #peak = 0;

  /** Reports once for each `everyFrames` frames. */
  constructor(everyFrames: number, onLevel: (rmsDb: number, peakDb: number, to: number) => void) {
    this.#everyFrames = everyFrames;
    this.#onLevel = onLevel;
  }

  add(from: number, samples: Float32Array): void {
    for (let index = 0; index < samples.length; index += 1) {
      const sample = samples[index] ?? 0;
      this.#sumOfSquares += sample * sample;
      this.#peak = Math.max(this.#peak, Math.abs(sample));
      this.#frames += 1;
      if (this.#frames === this.#everyFrames) this.#report(from + index + 1);
    }
  }

  #report(to: number): void {
    const rmsDb = decibels(Math.sqrt(this.#sumOfSquares / this.#frames));
    this.#onLevel(rmsDb, decibels(this.#peak), to);
    this.#frames = 0;
    this.#sumOfSquares = 0;
    this.#peak = 0;
  }
}

function decibels(amplitude: number): number {
  return 20 * Math.log10(amplitude);
}
