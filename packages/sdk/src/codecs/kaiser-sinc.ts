import type { ResamplerQuality } from '../core/settings.ts';

/** The low-pass under the resampler: a Kaiser-windowed sinc. Distances are in frames of the lower of the two rates. */

/** What a low-pass must do. A narrow transition and a deep stop band make it long. */
export interface LowPass {
  /** Of the stop band, in dB: 50 or more. What is measured at all pairs of rates is up to 3 dB less. */
  readonly attenuationDb: number;
  /** The pass band ends and the stop band begins here, as parts of the lower of the two Nyquist frequencies. */
  readonly passBandEdge: number;
  readonly stopBandEdge: number;
}

/** For ears: above 80 dB at all pairs of rates, 3.3 ms long on either side at 16 kHz. */
export const FOR_EARS: LowPass = { attenuationDb: 83, passBandEdge: 0.9, stopBandEdge: 1 };

/**
 * For a detector of speech, whose answer must not wait: 1.1 ms on either side at 16 kHz. Flat to 6.4 kHz, down by 60 dB from
 * 8 kHz on. Half as long, with its stop band from 9.6 kHz on, clicks started twice as often: what was let through came back
 * below (`docs/decisions/0010-silence-in-time.md`).
 */
export const FOR_DETECTION: LowPass = { attenuationDb: 60, passBandEdge: 0.8, stopBandEdge: 1 };

/**
 * What `resampler` of the recorder's options chooses from. `best`: aliases and images at least 80 dB down, flat to 0.9 of the lower
 * Nyquist frequency. `fast`: at least 58 dB down and flat to 0.8, a third of the work. Both are measured at all pairs of rates (RATE-1,
 * RSM-1).
 */
export const LOW_PASSES: Readonly<Record<ResamplerQuality, LowPass>> = { best: FOR_EARS, fast: FOR_DETECTION };

/** Half the window's length: beyond it the prototype is zero. */
export function halfWidthOf({ attenuationDb, passBandEdge, stopBandEdge }: LowPass): number {
  return (attenuationDb - 7.95) / (14.36 * ((stopBandEdge - passBandEdge) / 2)) / 2;
}

/** The prototype by the distance from its centre. */
export function windowedSinc(lowPass: LowPass): (frames: number) => number {
  const halfWidth = halfWidthOf(lowPass);
  // Kaiser's formula for the window's shape, from 50 dB on.
  const beta = 0.1102 * (lowPass.attenuationDb - 8.7);
  // Of the ideal low-pass, as a part of the lower Nyquist frequency.
  const cutOff = (lowPass.passBandEdge + lowPass.stopBandEdge) / 2;
  return (frames) => {
    const edge = frames / halfWidth;
    if (Math.abs(edge) >= 1) return 0;
    const angle = Math.PI * cutOff * frames;
    const sinc = angle === 0 ? 1 : Math.sin(angle) / angle;
    return sinc * besselI0(beta * Math.sqrt(1 - edge * edge));
  };
}

/** The modified Bessel function of the first kind, order 0, by its power series. */
function besselI0(x: number): number {
  const quarter = (x * x) / 4;
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-16; k += 1) {
    term *= quarter / (k * k);
    sum += term;
  }
  return sum;
}
