import { TurntapeError } from '../../core/errors.ts';
import type { ChunkSink, SegmentEncoder } from '../encoder-contract.ts';
import { writePacketChunk } from '../packet-chunk.ts';
import type { Mp3Encoding, Mp3Engine, Mp3Settings } from './mp3-engine.ts';
import { MP3_DELAY, framesNeeded } from './mp3-file.ts';
import { frameSamples, mpegOf } from './mp3-header.ts';
import { Mp3Unpacker } from './mp3-unpacker.ts';

/** Samples that LAME is given at once: a backlog is worked off in slices, others have their turn in between. */
const SLICE = 4_608;

/**
 * Gives samples to an MP3 encoder and gathers its units into chunks. A chunk is a run of packets, as of Opus: see
 * `packet-chunk.ts`; its pre-skip is {@link MP3_DELAY}.
 */
export class Mp3SegmentEncoder implements SegmentEncoder {
  readonly facts: Readonly<Record<string, unknown>>;
  readonly #settings: Mp3Settings;
  readonly #onChunk: ChunkSink;
  readonly #onError: (error: TurntapeError) => void;
  readonly #unitSamples: number;
  readonly #unitsPerChunk: number;
  readonly #unpacker = new Mp3Unpacker((unit) => this.#gather(unit));
  readonly #opening: Promise<void>;
  #encoding: Mp3Encoding | undefined;
  #waiting: Float32Array[] = [];
  #working: Promise<void> | undefined;
  #units: Uint8Array[] = [];
  #unitsOut = 0;
  #samples = 0;
  #failure: TurntapeError | undefined;
  #finishing = false;
  #closed = false;

  constructor(
    engine: Mp3Engine,
    settings: Mp3Settings,
    chunkMs: number,
    onChunk: ChunkSink,
    onError: (error: TurntapeError) => void,
  ) {
    const { name, library } = engine;
    this.#settings = settings;
    this.#onChunk = onChunk;
    this.#onError = onError;
    this.facts = { engine: name, library, codec: 'mp3', ...settings, bitrateMode: 'constant', preSkip: MP3_DELAY };
    this.#unitSamples = frameSamples({ mpeg: mpegOf(settings.sampleRate) });
    this.#unitsPerChunk = Math.max(1, Math.floor((chunkMs * settings.sampleRate) / 1000 / this.#unitSamples));
    this.#opening = this.#open(engine);
    // Whoever works next hears of it.
    this.#opening.catch(() => undefined);
  }

  get samples(): number {
    return this.#samples;
  }

  get queuedSamples(): number {
    return Math.max(0, this.#samples - (this.#unitsOut - this.#units.length) * this.#unitSamples);
  }

  write(samples: Float32Array): void {
    this.#samples += samples.length;
    this.#queue(samples.slice());
  }

  flush(): void {
    if (this.#units.length > 0 && !this.#finishing) this.#emit(0);
  }

  async finish(): Promise<void> {
    if (this.#samples === 0) return;
    this.#finishing = true;
    // Silence pushes the last samples through; a frame beyond what is needed is dropped again.
    this.#queue(new Float32Array(MP3_DELAY + 2 * this.#unitSamples));
    do await this.#work();
    while (this.#waiting.length > 0 && !this.#failure);
    if (this.#failure) throw this.#failure;
    if (this.#closed || !this.#encoding)
      throw new TurntapeError('aborted', 'the encoder was closed before it was done');
    this.#unpacker.push(this.#encoding.finish());
    const excess = Math.max(0, this.#unitsOut - this.#unitsNeeded());
    this.#units.length -= excess;
    this.#unitsOut -= excess;
    if (this.#units.length === 0) return;
    this.#emit(Math.max(0, this.#unitsOut * this.#unitSamples - MP3_DELAY - this.#samples));
  }

  close(): void {
    this.#closed = true;
    this.#waiting = [];
    this.#encoding?.close();
  }

  async #open(engine: Mp3Engine): Promise<void> {
    const encoding = await engine.open(this.#settings);
    this.#encoding = encoding;
    if (this.#closed) encoding.close();
  }

  #queue(samples: Float32Array): void {
    for (let at = 0; at < samples.length; at += SLICE) this.#waiting.push(samples.subarray(at, at + SLICE));
    // Once it is open, live audio is encoded at once; a backlog goes on by itself.
    if (this.#encoding && !this.#working && !this.#finishing) this.#encodeNext();
    void this.#work();
  }

  #work(): Promise<void> {
    this.#working ??= this.#drain().finally(() => (this.#working = undefined));
    return this.#working;
  }

  async #drain(): Promise<void> {
    try {
      await this.#opening;
      while (this.#waiting.length > 0 && !this.#failure) {
        this.#encodeNext();
        await new Promise((resolve) => setTimeout(resolve));
      }
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #encodeNext(): void {
    const samples = this.#waiting.shift();
    if (!samples || !this.#encoding || this.#closed) return;
    try {
      this.#unpacker.push(this.#encoding.encode([samples]));
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #fail(thrown: unknown): void {
    if (this.#failure || this.#closed) return;
    this.#failure =
      thrown instanceof TurntapeError
        ? thrown
        : new TurntapeError('encoder_failed', 'the MP3 encoder failed', { cause: thrown });
    this.#waiting = [];
    this.#onError(this.#failure);
  }

  #unitsNeeded(): number {
    return framesNeeded(this.#samples, this.#unitSamples);
  }

  #gather(unit: Uint8Array): void {
    this.#units.push(unit);
    this.#unitsOut += 1;
    // The last chunk waits for the end: it says how much of it is padding.
    if (this.#finishing && this.#unitsOut >= this.#unitsNeeded()) return;
    if (this.#units.length >= this.#unitsPerChunk) this.#emit(0);
  }

  #emit(endTrim: number): void {
    if (this.#closed) return;
    const { numChannels } = this.#settings;
    this.#onChunk(writePacketChunk({ numChannels, preSkip: MP3_DELAY, endTrim, packets: this.#units }));
    this.#units = [];
  }
}
