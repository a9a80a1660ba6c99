import { OpusDecoder } from 'opus-decoder';
import {
  type OpusDecoderEngine,
  type OpusDecoding,
  type OpusDecodingSink,
  decodingFailed,
  mixed,
} from '../opus-decoding.ts';

/**
 * libopus' decoder as opus-decoder 0.7.12 compiles it: `dist/opus.decoder.js`, which the engine imports when it is given
 * Opus packets in a browser whose AudioDecoder does not take them.
 */
export async function loadOpusDecoder(): Promise<OpusDecoderEngine> {
  return {
    async open(sink, numChannels) {
      const decoder = new OpusDecoder({ channels: numChannels });
      await decoder.ready;
      return new WasmDecoding(decoder, sink);
    },
  };
}

class WasmDecoding implements OpusDecoding {
  readonly #decoder: OpusDecoder;
  readonly #sink: OpusDecodingSink;
  #closed = false;

  constructor(decoder: OpusDecoder, sink: OpusDecodingSink) {
    this.#decoder = decoder;
    this.#sink = sink;
  }

  decode(packet: Uint8Array): void {
    if (this.#closed) return;
    const { channelData, errors } = this.#decoder.decodeFrame(packet);
    if (errors.length === 0) this.#sink.pcm(mixed(channelData));
    else {
      this.#sink.error(decodingFailed(new Error(errors[0]?.message)));
      this.close();
    }
  }

  room(): Promise<void> {
    return Promise.resolve();
  }

  /** Every packet was decoded when it came. */
  async flush(): Promise<void> {
    if (!this.#closed) await this.#decoder.reset();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#decoder.free();
  }
}
