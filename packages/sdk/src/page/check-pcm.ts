import { TurntapeError } from '../core/errors.ts';
import { PCM_RATES, type PcmEncoding, type PcmSamples } from '../core/pcm.ts';

/** Format of written PCM. */
export interface PcmFormat {
  /** In Hz, 8000 … 96000. */
  sampleRate: number;
  /** What the bytes of a `Uint8Array` are; an `Int16Array` or a `Float32Array` says it by itself. */
  encoding?: PcmEncoding;
}

const ENCODINGS: readonly unknown[] = ['u8', 'mulaw', 'alaw'] satisfies PcmEncoding[];

/** Refuses at the call what the engine would refuse later, with nobody to hear it: `invalid_argument` with the field. */
export function checkPcm(pcm: PcmSamples, { sampleRate, encoding }: PcmFormat): void {
  const bytes = pcm instanceof Uint8Array;
  if (!(bytes || pcm instanceof Int16Array || pcm instanceof Float32Array))
    throw invalid('pcm', 'must be an Int16Array, a Float32Array or a Uint8Array');
  if (!(sampleRate >= PCM_RATES.lowest && sampleRate <= PCM_RATES.highest))
    throw invalid('sampleRate', `must be a number from ${PCM_RATES.lowest} to ${PCM_RATES.highest}, not ${sampleRate}`);
  if (!Number.isInteger(sampleRate)) throw invalid('sampleRate', `must be a whole number, not ${sampleRate}`);
  if (bytes && !ENCODINGS.includes(encoding))
    throw invalid('encoding', `of bytes must be 'u8', 'mulaw' or 'alaw', not ${String(encoding)}`);
  if (!bytes && encoding !== undefined)
    throw invalid('encoding', 'is for bytes: an Int16Array or Float32Array has none');
}

function invalid(field: string, what: string): TurntapeError {
  return new TurntapeError('invalid_argument', `${field} ${what}`, { field });
}
