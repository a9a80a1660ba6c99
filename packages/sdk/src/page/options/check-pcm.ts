import { TurntapeError } from '../../core/errors.ts';
import { PCM_RATES, type PcmEncoding, type PcmSamples } from '../../core/pcm.ts';

/** Format of written PCM. */
export interface PcmFormat {
  /** In Hz, 8000 … 96000. */
  sampleRate: number;
  /** What the bytes of a `Uint8Array` are; an `Int16Array` or a `Float32Array` says it by itself. */
  encoding?: PcmEncoding;
}

/** Format of written Opus: one packet in each call. */
export interface OpusFormat {
  encoding: 'opus';
  /** Frames at 48 kHz at the start that are no audio, when the packets come from a file that says so. Default 0. */
  preSkip?: number;
}

/** The format of whatever `write` takes. */
export type WrittenFormat = PcmFormat | OpusFormat;

/** True for Opus, when it is a packet: `invalid_argument` with the field otherwise. */
export function isOpus(packet: PcmSamples, format: WrittenFormat): format is OpusFormat {
  if (format.encoding !== 'opus') return false;
  const { preSkip = 0 } = format;
  if (!(packet instanceof Uint8Array) || packet.length === 0)
    throw invalid('pcm', 'must be the bytes of one Opus packet');
  if (!Number.isInteger(preSkip) || preSkip < 0 || preSkip > 65_535)
    throw invalid('preSkip', `must be a whole number from 0 to 65535, not ${preSkip}`);
  return true;
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
    throw invalid('encoding', `of bytes must be 'u8', 'mulaw', 'alaw' or 'opus', not ${String(encoding)}`);
  if (!bytes && encoding !== undefined)
    throw invalid('encoding', 'is for bytes: an Int16Array or Float32Array has none');
}

function invalid(field: string, what: string): TurntapeError {
  return new TurntapeError('invalid_argument', `${field} ${what}`, { field });
}
