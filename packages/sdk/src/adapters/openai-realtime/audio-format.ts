import { TurntapeError } from '../../core/errors.ts';
import type { PcmEncoding, PcmSamples } from '../../core/pcm.ts';

/** How the server sends its audio. Without `encoding`: 16-bit PCM, little end first. */
export interface AudioFormat {
  /** In Hz. */
  sampleRate: number;
  encoding?: PcmEncoding;
}

/** What the API sends when nothing else was asked for. */
export const DEFAULT_FORMAT: AudioFormat = Object.freeze({ sampleRate: 24_000 });

/** `{ type: 'audio/pcm', rate }`, `audio/pcmu`, `audio/pcma`; `pcm16`, `g711_ulaw`, `g711_alaw` of the first version. */
export function readAudioFormat(format: unknown): AudioFormat | undefined {
  const { type, rate } = (typeof format === 'object' && format !== null ? format : { type: format }) as Record<
    string,
    unknown
  >;
  switch (type) {
    case 'audio/pcm':
    case 'pcm16':
      return { sampleRate: typeof rate === 'number' ? rate : DEFAULT_FORMAT.sampleRate };
    case 'audio/pcmu':
    case 'g711_ulaw':
      return { sampleRate: 8000, encoding: 'mulaw' };
    case 'audio/pcma':
    case 'g711_alaw':
      return { sampleRate: 8000, encoding: 'alaw' };
    default:
      return undefined;
  }
}

/** Turns the base64 pieces of one item into samples. A sample that is cut in two waits for its other half. */
export class AudioPieces {
  #odd: number | undefined;

  /** Error: `invalid_argument`: it is no base64. */
  decode(base64: string, { encoding }: AudioFormat): PcmSamples {
    const bytes = bytesOf(base64);
    if (encoding) return bytes;
    const whole = this.#odd === undefined ? bytes : Uint8Array.of(this.#odd, ...bytes);
    const isOdd = whole.length % 2 === 1;
    this.#odd = isOdd ? whole.at(-1) : undefined;
    const view = new DataView(whole.buffer, whole.byteOffset, whole.length - (isOdd ? 1 : 0));
    return Int16Array.from({ length: view.byteLength / 2 }, (_, index) => view.getInt16(2 * index, true));
  }
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  } catch (cause) {
    throw new TurntapeError('invalid_argument', 'a piece of the bot’s audio is no base64', { field: 'delta', cause });
  }
}

/** Length of samples, in milliseconds. */
export function lengthMs(samples: PcmSamples, { sampleRate }: AudioFormat): number {
  return (samples.length / sampleRate) * 1000;
}
