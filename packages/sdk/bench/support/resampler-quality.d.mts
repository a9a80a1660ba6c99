export interface MeasuredResampler {
  readonly lookAheadMs: number;
  process(samples: Float32Array): Float32Array;
  flush(): Float32Array;
}

export interface ResamplerQuality {
  from: number;
  to: number;
  /** How far from flat the gain is at most, up to `passBandEdge` (0.9) of the lower Nyquist frequency. */
  passBandDb: number;
  /** How far below a full-scale tone its loudest alias or image lies. */
  rejectionDb: number;
  /** How far a tone of the pass band is from its place at most, in radians. */
  phase: number;
  lookAheadMs: number;
}

export const PAIRS: readonly (readonly [from: number, to: number])[];

export function measureResampler(
  create: (from: number, to: number) => MeasuredResampler,
  from: number,
  to: number,
  passBandEdge?: number,
): ResamplerQuality;
