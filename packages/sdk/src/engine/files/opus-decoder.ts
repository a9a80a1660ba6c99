import { TurntapeError } from '../../core/errors.ts';
import { OPUS_RATE, opusPacketFrames } from '../../codecs/opus-head.ts';

/** Packets handed to the browser at once: enough to keep it busy, a second of audio. */
const LARGEST_QUEUE = 50;

/** Decodes mono Opus packets with the browser's own decoder, outside our thread. Gives every coded frame, pre-skip included. */
export class OpusDecoder {
  readonly #decoder: AudioDecoder;
  #out: Float32Array[] = [];
  #frames = 0;
  #failure: TurntapeError | undefined;
  #moved: (() => void) | undefined;

  /** Throws `unsupported_format` in a browser that cannot. */
  constructor() {
    if (typeof AudioDecoder === 'undefined')
      throw new TurntapeError(
        'unsupported_format',
        'this browser cannot decode Opus here: export in the layout and format that were recorded',
        { field: 'format' },
      );
    this.#decoder = new AudioDecoder({
      output: (data) => {
        const samples = new Float32Array(data.numberOfFrames);
        data.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
        data.close();
        this.#out.push(samples);
        this.#moved?.();
      },
      error: (cause) => {
        this.#failure = new TurntapeError('encoder_failed', 'the browser could not decode an Opus file', { cause });
        this.#moved?.();
      },
    });
    this.#decoder.configure({ codec: 'opus', sampleRate: OPUS_RATE, numberOfChannels: 1 });
  }

  /** Takes the next packet; waits when the decoder has enough to do. */
  async decode(packet: Uint8Array): Promise<void> {
    while (this.#decoder.decodeQueueSize > LARGEST_QUEUE && !this.#failure) await this.#progress();
    if (this.#failure) throw this.#failure;
    const timestamp = Math.round((this.#frames / OPUS_RATE) * 1e6);
    this.#frames += opusPacketFrames(packet);
    this.#decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp, data: packet.slice() }));
  }

  /** What has been decoded since the last call. */
  take(): Float32Array[] {
    return this.#out.splice(0);
  }

  /** The rest; the next packet begins a new stream. */
  async flush(): Promise<Float32Array[]> {
    if (this.#frames > 0 && !this.#failure) await this.#decoder.flush();
    if (this.#failure) throw this.#failure;
    return this.take();
  }

  close(): void {
    if (this.#decoder.state !== 'closed') this.#decoder.close();
  }

  #progress(): Promise<void> {
    return new Promise((resolve) => {
      this.#moved = resolve;
      this.#decoder.addEventListener('dequeue', () => resolve(), { once: true });
    });
  }
}
