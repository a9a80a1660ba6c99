import { echoSums } from './chosen-sums.ts';

/** Echo is looked for at about this rate, in Hz: most of a voice's energy lies below 4 kHz. */
const SEARCH_RATE = 8000;

/** Of the filter, on each side, in output samples. */
const WINGS = 4;

/** What is above this part of the output's rate is filtered out: a trace of it folds back, in both signals alike. */
const CUT_OFF = 0.42;

/** Of the pre-emphasis: it keeps the strong low harmonics, which any voice resembles, from deciding alone. */
const EMPHASIS = 0.9;

/** Takes both signals to a low rate, by a whole factor, so that delays stay whole samples of the one clock, with pre-emphasis. */
export class Decimator {
  readonly factor: number;
  /** Of what it puts out, in Hz: 8000 at 48 kHz, 7350 at 44.1 kHz. */
  readonly rate: number;
  readonly #weights: Float32Array;

  constructor(clockRate: number) {
    this.factor = Math.max(1, Math.round(clockRate / SEARCH_RATE));
    this.rate = clockRate / this.factor;
    this.#weights = emphasised(lowPass(this.factor), this.factor);
  }

  /** Of the input, how many frames lie before the first of a call that gives `count` samples, and how many there are in all. */
  span(count: number): { before: number; frames: number } {
    const { length } = this.#weights;
    return { before: (length - 1 + this.factor) / 2, frames: length + (count - 1) * this.factor };
  }

  /** `samples` are a {@link span}. */
  take(samples: Float32Array, count: number): Float32Array {
    return echoSums().filter(samples, this.#weights, this.factor, count);
  }
}

/** Of each output sample `EMPHASIS` times the one before it is taken off, in the same filter. */
function emphasised(weights: Float32Array, factor: number): Float32Array {
  const before = (tap: number): number => EMPHASIS * (weights[tap] ?? 0);
  return Float32Array.from({ length: weights.length + factor }, (_, tap) => (weights[tap - factor] ?? 0) - before(tap));
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
