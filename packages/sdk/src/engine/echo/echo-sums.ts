/** Keeps a fit from making much of what the reference hardly contains: as part of the reference's power. */
export const RIDGE = 1e-3;

/** Two likely delays lie further apart than this, in samples: nearer ones would be covered by one filter. */
export const APART = 24;

/** Of the energy's spread, in samples: 8 ms at 8 kHz. */
export const PIECE = 64;

/** The signals of one fit. `reference[lead + n - delay]` is what the bot played `delay` samples before `mic[n]`. */
export interface EchoSignals {
  mic: Float32Array;
  reference: Float32Array;
  lead: number;
}

/** Weights, and by how much of its energy the microphone is less without what they explain. */
export interface Fit {
  weights: Float64Array;
  explained: number;
}

/** What the echo score spends its time with. */
export interface EchoSums {
  /**
   * The delays in [0, count) at which the reference resembles the microphone most, best first, no two of them nearer than
   * {@link APART}. `reference[lead + n - delay]` is what was played `delay` samples before `mic[n]`; `lead` is `count` at least.
   */
  likelyDelays(signals: EchoSignals, count: number, wanted: number): readonly number[];
  /** The sums of `weights[k] * samples[at * step + k]` over all weights, for each `at` from 0 up to `count`. */
  filter(samples: Float32Array, weights: Float32Array, step: number, count: number): Float32Array;
  /** What is left of `mic[n]` less the sum of `weights[k] * played[n + k]` over all weights. */
  residual(mic: Float32Array, played: Float32Array, weights: Float32Array): Float32Array;
  /** Mean square; 0 of no samples. */
  power(samples: Float32Array): number;
  /** How many samples the signal has, had its energy been spread evenly over pieces of {@link PIECE}: at an onset most is silence. */
  spread(samples: Float32Array): number;
  /**
   * Least squares: the `size` weights of which the sum of `weights[i] * reference[start + n - i]` comes nearest to `mic[n]`; undefined
   * when the reference is silent. `start - size` is at least 0.
   */
  fit(mic: Float32Array, reference: Float32Array, start: number, size: number): Fit | undefined;
}

/** Of the residual |m - Rx|², by what x solves: no need to compute it sample by sample. `common`: of microphone and reference at each lag. */
export function explainedBy(weights: Float64Array, common: Float64Array, kept: number): number {
  let explained = 0;
  for (let i = 0; i < weights.length; i += 1)
    explained += (weights[i] as number) * ((common[i] as number) + kept * (weights[i] as number));
  return explained;
}
