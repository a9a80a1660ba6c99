/** Echo is looked for at about this rate, in Hz: most of a voice's energy lies below 4 kHz. */
const SEARCH_RATE = 8000;

/** Of the filter, on each side, in output samples. */
const WINGS = 4;

/** What is above this part of the output's rate is filtered out: a trace of it folds back, in both signals alike. */
const CUT_OFF = 0.42;

/** Takes both signals to a low rate, by a whole factor, so that delays stay whole samples of the one clock. */
export class Decimator {
  readonly factor: number;
  /** Of what it puts out, in Hz: 8000 at 48 kHz, 7350 at 44.1 kHz. */
  readonly rate: number;
  readonly #weights: Float32Array;

  constructor(clockRate: number) {
    this.factor = Math.max(1, Math.round(clockRate / SEARCH_RATE));
    this.rate = clockRate / this.factor;
    this.#weights = lowPass(this.factor);
  }

  /** Input frames before the first and after the last output that one call needs beside `count * factor`. */
  get wing(): number {
    return (this.#weights.length - 1) / 2;
  }

  /** `samples` begin `wing` frames before the first output. */
  take(samples: Float32Array, count: number): Float32Array {
    const weights = this.#weights;
    const { wing } = this;
    const middle = weights[wing] as number;
    const out = new Float32Array(count);
    for (let at = 0; at < count; at += 1) {
      const center = at * this.factor + wing;
      // The filter is symmetric. Two sums at once: one alone waits for each of its additions.
      let near = middle * (samples[center] as number);
      let far = 0;
      for (let tap = 1; tap < wing; tap += 2) {
        near +=
          (weights[wing + tap] as number) * ((samples[center - tap] as number) + (samples[center + tap] as number));
        const next = tap + 1;
        far +=
          (weights[wing + next] as number) * ((samples[center - next] as number) + (samples[center + next] as number));
      }
      out[at] = near + far;
    }
    return out;
  }
}

/** A sinc under a Hann window. */
function lowPass(factor: number): Float32Array {
  if (factor === 1) return Float32Array.of(1);
  const wing = WINGS * factor;
  const weights = Float32Array.from({ length: 2 * wing + 1 }, (_, tap) => {
    const x = (tap - wing) / factor;
    const sinc = x === 0 ? 2 * CUT_OFF : Math.sin(2 * Math.PI * CUT_OFF * x) / (Math.PI * x);
    return sinc * (0.5 + 0.5 * Math.cos((Math.PI * x) / (WINGS + 1 / factor)));
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
