import { TurntapeError } from '../core/errors.ts';
import { PCM_RATES, type PcmEncoding, type PcmSamples } from '../core/pcm.ts';
import { decodeG711 } from './g711.ts';

/** PCM as an app gives it, as full scale ±1. Throws `invalid_argument` that names the field. */
export function toFloat(samples: PcmSamples, encoding?: PcmEncoding): Float32Array {
  if (samples instanceof Float32Array) return samples.map(finite);
  if (samples instanceof Int16Array) return Float32Array.from(samples, (sample) => sample / 32_768);
  if (!((samples as unknown) instanceof Uint8Array))
    throw new TurntapeError('invalid_argument', 'samples must be an Int16Array, a Float32Array or a Uint8Array', {
      field: 'samples',
    });
  switch (encoding) {
    case 'u8':
      return Float32Array.from(samples, (sample) => (sample - 128) / 128);
    case 'mulaw':
    case 'alaw':
      return toFloat(decodeG711(samples, encoding));
    case undefined:
    default:
      throw new TurntapeError('invalid_argument', "bytes need an encoding: 'u8', 'mulaw' or 'alaw'", {
        field: 'encoding',
      });
  }
}

/** What is no number would stay in every filter that it went through: it is silence. */
function finite(sample: number): number {
  return Number.isFinite(sample) ? sample : 0;
}

/** Throws `invalid_argument` with the field `sampleRate`. */
export function requirePcmRate(sampleRate: number): void {
  const { lowest, highest } = PCM_RATES;
  if (Number.isInteger(sampleRate) && sampleRate >= lowest && sampleRate <= highest) return;
  const message = `sampleRate must be a whole number from ${lowest} to ${highest} Hz, not ${sampleRate}`;
  throw new TurntapeError('invalid_argument', message, { field: 'sampleRate' });
}
