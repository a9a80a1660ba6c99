import type { TurntapeError } from '../core/errors.ts';
import type { OpusEncoding, OpusEngine, OpusSettings } from './opus-engine.ts';
import { OPUS_RATE } from './opus-head.ts';
import { writePacketChunk } from './packet-chunk.ts';
import type { ChunkSink, SegmentEncoder } from './encoder-contract.ts';

/** Cuts audio into packets' frames, gives them to an Opus engine, and gathers the packets into chunks. */
export class OpusSegmentEncoder implements SegmentEncoder {
  readonly #engine: OpusEngine;
  readonly #settings: OpusSettings;
  readonly #encoding: OpusEncoding;
  readonly #onChunk: ChunkSink;
  readonly #packetFrames: number;
  readonly #packetsPerChunk: number;
  #frame: Float32Array<ArrayBuffer>;
  #filled = 0;
  #samples = 0;
  #packetsOut = 0;
  #packets: Uint8Array[] = [];
  #finishing = false;

  constructor(
    engine: OpusEngine,
    settings: OpusSettings,
    chunkMs: number,
    onChunk: ChunkSink,
    onError: (error: TurntapeError) => void,
  ) {
    this.#engine = engine;
    this.#settings = settings;
    this.#onChunk = onChunk;
    this.#packetFrames = (settings.frameMs * OPUS_RATE) / 1000;
    this.#packetsPerChunk = Math.max(1, Math.floor(chunkMs / settings.frameMs));
    this.#frame = new Float32Array(this.#packetFrames);
    this.#encoding = engine.open(settings, { packet: (bytes) => this.#gather(bytes), error: onError });
  }

  get facts(): Readonly<Record<string, unknown>> {
    const { preSkip } = this.#encoding;
    const { name: engine, library } = this.#engine;
    const made = library === undefined ? { engine } : { engine, library };
    return { ...made, codec: 'opus', sampleRate: OPUS_RATE, ...this.#settings, preSkip };
  }

  get samples(): number {
    return this.#samples;
  }

  get queuedSamples(): number {
    return Math.max(0, this.#samples - (this.#packetsOut - this.#packets.length) * this.#packetFrames);
  }

  write(samples: Float32Array): void {
    this.#samples += samples.length;
    this.#fill(samples);
  }

  flush(): void {
    if (this.#packets.length > 0 && !this.#finishing) this.#emit(0);
  }

  async finish(): Promise<void> {
    if (this.#samples === 0) return;
    this.#finishing = true;
    // The encoder gives out what it was given `preSkip` frames ago: silence pushes the last samples through. One packet
    // more as long as the encoder has not told its pre-skip, in case it is a longer one.
    const packets = this.#packetsNeeded() + (this.#packetsOut === 0 ? 1 : 0);
    this.#fill(new Float32Array(packets * this.#packetFrames - this.#samples));
    await this.#encoding.flush();
    // What is past the last sample is dropped again, with the packet of its own that Chromium's flush adds.
    const excess = Math.max(0, this.#packetsOut - this.#packetsNeeded());
    this.#packets.length -= excess;
    this.#packetsOut -= excess;
    // An engine without a pre-skip may have given out all of it in full chunks: then there is nothing to trim either.
    if (this.#packets.length === 0) return;
    const coded = this.#packetsOut * this.#packetFrames - this.#encoding.preSkip;
    this.#emit(Math.max(0, coded - this.#samples));
  }

  close(): void {
    this.#packets = [];
    this.#encoding.close();
  }

  #fill(samples: Float32Array): void {
    let taken = 0;
    while (taken < samples.length) {
      const part = samples.subarray(taken, taken + this.#packetFrames - this.#filled);
      this.#frame.set(part, this.#filled);
      this.#filled += part.length;
      taken += part.length;
      if (this.#filled < this.#packetFrames) return;
      this.#encoding.encode(this.#frame);
      this.#frame = new Float32Array(this.#packetFrames);
      this.#filled = 0;
    }
  }

  /** Packets until the last sample written has come out of the encoder. */
  #packetsNeeded(): number {
    return Math.ceil((this.#samples + this.#encoding.preSkip) / this.#packetFrames);
  }

  #gather(packet: Uint8Array): void {
    this.#packets.push(packet);
    this.#packetsOut += 1;
    // The last chunk waits for the end of the flush: it says how much of it is padding.
    if (this.#finishing && this.#packetsOut >= this.#packetsNeeded()) return;
    if (this.#packets.length >= this.#packetsPerChunk) this.#emit(0);
  }

  #emit(endTrim: number): void {
    const { numChannels } = this.#settings;
    const { preSkip } = this.#encoding;
    this.#onChunk(writePacketChunk({ numChannels, preSkip, endTrim, packets: this.#packets }));
    this.#packets = [];
  }
}
