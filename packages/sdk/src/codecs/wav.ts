import { TurntapeError } from '../core/errors.ts';

/** Of a PCM16 sample. */
export const SAMPLE_BYTES = 2;

/** Of the header that {@link wavHeader} writes. */
export const WAV_HEADER_BYTES = 44;

/** RIFF counts its bytes in 32 bits, less the eight before the count. */
const LARGEST_DATA_BYTES = 2 ** 32 - 1 - (WAV_HEADER_BYTES - 8);

/** What the header of a WAV file says of the PCM16 after it. */
export interface WavFormat {
  /** In Hz. */
  sampleRate: number;
  numChannels: 1 | 2;
  dataBytes: number;
}

/** The 44 bytes before the samples, with valid sizes. Throws `invalid_argument` past 4 GiB, which RIFF cannot count. */
export function wavHeader(format: WavFormat): Uint8Array {
  const { sampleRate, numChannels, dataBytes } = format;
  if (dataBytes > LARGEST_DATA_BYTES) {
    throw new TurntapeError(
      'invalid_argument',
      `a WAV file cannot hold ${dataBytes} bytes of audio: 4 GiB is the most`,
    );
  }
  const header = new Uint8Array(WAV_HEADER_BYTES);
  const view = new DataView(header.buffer);
  const frameBytes = numChannels * SAMPLE_BYTES;
  ascii(header, 0, 'RIFF');
  view.setUint32(4, WAV_HEADER_BYTES - 8 + dataBytes, true);
  ascii(header, 8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, numChannels, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * frameBytes, true);
  view.setUint16(32, frameBytes, true);
  view.setUint16(34, SAMPLE_BYTES * 8, true);
  ascii(header, 36, 'data');
  view.setUint32(40, dataBytes, true);
  return header;
}

/**
 * One float sample as PCM16: scaled by 32768, rounded to the nearest, clamped. PCM16 that was read by dividing by 32768
 * comes out bit-equal. No dither: speech carries more noise than its rounding adds, and silence stays silent. NaN is 0.
 */
export function toPcm16(sample: number): number {
  const scaled = Math.round(sample * 32_768);
  if (scaled > 32_767) return 32_767;
  return scaled < -32_768 ? -32_768 : scaled | 0;
}

/** PCM16 as floats: what {@link toPcm16} makes the same again of. */
export function fromPcm16(samples: Int16Array): Float32Array {
  return Float32Array.from(samples, (sample) => sample / 32_768);
}

function ascii(bytes: Uint8Array, offset: number, text: string): void {
  for (let index = 0; index < text.length; index += 1) bytes[offset + index] = text.charCodeAt(index);
}
