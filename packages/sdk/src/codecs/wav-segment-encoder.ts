import type { ChunkSink, SegmentEncoder } from './encoder-contract.ts';
import { toPcm16 } from './wav.ts';

/** Gathers PCM16 into chunks. A chunk is bare samples: the header is written when the file is. */
export class WavSegmentEncoder implements SegmentEncoder {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly #onChunk: ChunkSink;
  readonly #chunkSamples: number;
  #chunk: Int16Array<ArrayBuffer>;
  #filled = 0;
  #samples = 0;

  constructor(sampleRate: number, chunkMs: number, onChunk: ChunkSink) {
    this.facts = { engine: 'turntape', codec: 'pcm_s16le', sampleRate, numChannels: 1, dither: false };
    this.#onChunk = onChunk;
    this.#chunkSamples = Math.max(1, Math.floor((sampleRate * chunkMs) / 1000));
    this.#chunk = new Int16Array(this.#chunkSamples);
  }

  get samples(): number {
    return this.#samples;
  }

  get queuedSamples(): number {
    return this.#filled;
  }

  write(samples: Float32Array): void {
    this.#samples += samples.length;
    for (const sample of samples) {
      // Every engine that runs JavaScript today is little-endian, as WAV is.
      this.#chunk[this.#filled] = toPcm16(sample);
      this.#filled += 1;
      if (this.#filled === this.#chunkSamples) this.#emit();
    }
  }

  flush(): void {
    if (this.#filled > 0) this.#emit();
  }

  finish(): Promise<void> {
    this.flush();
    return Promise.resolve();
  }

  close(): void {
    this.#filled = 0;
  }

  #emit(): void {
    const { buffer } = this.#chunk;
    const bytes = this.#filled * this.#chunk.BYTES_PER_ELEMENT;
    this.#onChunk(bytes === buffer.byteLength ? buffer : buffer.slice(0, bytes));
    this.#chunk = new Int16Array(this.#chunkSamples);
    this.#filled = 0;
  }
}
