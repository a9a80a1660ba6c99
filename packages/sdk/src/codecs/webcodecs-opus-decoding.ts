import { type OpusDecoding, type OpusDecodingSink, decodingFailed, mixed } from './opus-decoding.ts';
import { OPUS_RATE, opusPacketFrames } from './opus-head.ts';
import { wasmCodecs } from './wasm/wasm-codecs.ts';

/** By the browser's AudioDecoder where it decodes Opus, else by the package's WebAssembly. */
export async function openOpusDecoding(sink: OpusDecodingSink): Promise<OpusDecoding> {
  const config = { codec: 'opus', sampleRate: OPUS_RATE, numberOfChannels: 2 };
  const browser =
    typeof AudioDecoder !== 'undefined' && (await AudioDecoder.isConfigSupported(config)).supported === true;
  return browser ? new WebCodecsDecoding(config, sink) : (await wasmCodecs.loadOpusDecoder()).open(sink);
}

class WebCodecsDecoding implements OpusDecoding {
  readonly #decoder: AudioDecoder;
  #timestamp = 0;

  constructor(config: AudioDecoderConfig, sink: OpusDecodingSink) {
    this.#decoder = new AudioDecoder({
      output: (audio) => {
        const channels = Array.from({ length: audio.numberOfChannels }, (_, planeIndex) => {
          const samples = new Float32Array(audio.numberOfFrames);
          audio.copyTo(samples, { planeIndex, format: 'f32-planar' });
          return samples;
        });
        audio.close();
        sink.pcm(mixed(channels));
      },
      error: (cause) => sink.error(decodingFailed(cause)),
    });
    this.#decoder.configure(config);
  }

  decode(packet: Uint8Array): void {
    const duration = Math.round((opusPacketFrames(packet) / OPUS_RATE) * 1e6);
    const data = packet.slice();
    this.#decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: this.#timestamp, duration, data }));
    this.#timestamp += duration;
  }

  flush(): Promise<void> {
    return this.#decoder.flush();
  }

  close(): void {
    if (this.#decoder.state !== 'closed') this.#decoder.close();
  }
}
