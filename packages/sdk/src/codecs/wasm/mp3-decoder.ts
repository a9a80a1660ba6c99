import { MPEGDecoder } from 'mpg123-decoder';
import { TurntapeError } from '../../core/errors.ts';
import type { Mp3DecoderEngine, Mp3Decoding } from '../mp3/mp3-decoding.ts';

/**
 * mpg123 as mpg123-decoder 1.0.3 compiles it: `dist/mp3.decoder.js`, which the engine imports when turns that were kept as
 * MP3 are put together.
 */
export async function loadMp3Decoder(): Promise<Mp3DecoderEngine> {
  return {
    async open() {
      // What is audio and what is not is counted by our side: its own way is to look for an Info frame, which it is not given.
      const decoder = new MPEGDecoder({ enableGapless: false });
      await decoder.ready;
      return new Mpg123Decoding(decoder);
    },
  };
}

class Mpg123Decoding implements Mp3Decoding {
  readonly #decoder: MPEGDecoder;
  #closed = false;

  constructor(decoder: MPEGDecoder) {
    this.#decoder = decoder;
  }

  decode(frames: Uint8Array): Float32Array {
    const { channelData, errors } = this.#decoder.decode(frames);
    const [error] = errors;
    if (error) throw new TurntapeError('encoder_failed', `an MP3 file could not be decoded: ${error.message}`);
    // Ours are mono; both of its channels are alike.
    return channelData[0] ?? new Float32Array(0);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#decoder.free();
  }
}
