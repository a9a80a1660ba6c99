import { type OpusDecoding, type OpusDecodingSink, decodingFailed, mixed } from './opus-decoding.ts';
import { OPUS_RATE, opusPacketFrames } from './opus-head.ts';
import { wasmCodecs } from './wasm/wasm-codecs.ts';

/** Packets handed to the browser at once: enough to keep it busy, a second of audio. */
const LARGEST_QUEUE = 50;

/**
 * By the browser's AudioDecoder where it decodes Opus, outside our thread; else by the package's WebAssembly. The sink gets
 * mono. `numChannels`: of the packets, 2 when that is not known. Errors: as of `wasmCodecs.loadOpusDecoder()`.
 */
export async function openOpusDecoding(sink: OpusDecodingSink, numChannels: 1 | 2 = 2): Promise<OpusDecoding> {
  const config = { codec: 'opus', sampleRate: OPUS_RATE, numberOfChannels: numChannels };
  const browser =
    typeof AudioDecoder !== 'undefined' && (await AudioDecoder.isConfigSupported(config)).supported === true;
  if (browser) return new WebCodecsDecoding(config, sink);
  return (await wasmCodecs.loadOpusDecoder()).open(sink, numChannels);
}

class WebCodecsDecoding implements OpusDecoding {
  readonly #decoder: AudioDecoder;
  #timestamp = 0;
  #failed = false;
  #told: (() => void) | undefined;

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
      error: (cause) => {
        this.#failed = true;
        this.#told?.();
        sink.error(decodingFailed(cause));
      },
    });
    this.#decoder.addEventListener('dequeue', () => this.#told?.());
    this.#decoder.configure(config);
  }

  decode(packet: Uint8Array): void {
    const duration = Math.round((opusPacketFrames(packet) / OPUS_RATE) * 1e6);
    const data = packet.slice();
    this.#decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: this.#timestamp, duration, data }));
    this.#timestamp += duration;
  }

  async room(): Promise<void> {
    while (this.#decoder.decodeQueueSize > LARGEST_QUEUE && !this.#failed)
      await new Promise<void>((resolve) => (this.#told = resolve));
  }

  flush(): Promise<void> {
    return this.#decoder.flush();
  }

  close(): void {
    if (this.#decoder.state !== 'closed') this.#decoder.close();
  }
}
