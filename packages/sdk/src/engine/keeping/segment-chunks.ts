import { type PacketChunk, readPacketChunk } from '../../codecs/packet-chunk.ts';
import { silenceChunk } from '../../codecs/silence.ts';
import type { SampleRange } from '../../codecs/silence-packets.ts';
import { type ErrorFacts, toErrorFacts } from '../../core/errors.ts';
import type { SegmentFormat } from '../../core/segment.ts';
import type { SegmentWire } from '../../core/wire.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import { type DraftChange, amendDraft } from '../../storage/redact.ts';
import { appendChunks, readChunks } from '../../storage/segments.ts';
import { type Backlog, ChunkQueue, type QueuedChunk } from './chunk-queue.ts';

export interface SegmentChunksOptions {
  db: TurntapeDatabase;
  segmentId: string;
  format: SegmentFormat;
  sealed: boolean;
  /** Opens the segment: tried again with its first chunk when the database refuses. */
  open: () => Promise<void>;
  backlog: Backlog;
  /** The database refuses: told once, until it takes something again. What was appended stays in memory and in its place. */
  onError: (error: ErrorFacts) => void;
  onTaken: () => void;
  /** Decoded samples of the file that are silence because neither disk nor memory had room. */
  onHole: (hole: SampleRange, isOver: boolean) => void;
}

/** The chunks of one segment on their way into the database, in order: see `ChunkQueue` for what a full disk does to them. */
export class SegmentChunks {
  readonly #options: SegmentChunksOptions;
  readonly #queue: ChunkQueue;
  /** Where each chunk begins, and where the next one will: see `silenceChunk`. */
  readonly #starts: number[] = [0];
  readonly #redacted: SampleRange[] = [];
  /** Coded frames before the first decoded sample. */
  #skip = 0;
  #bytes = 0;
  #hasHole = false;
  #isOpen = false;
  #written: Promise<void>;

  constructor(options: SegmentChunksOptions) {
    this.#options = options;
    const { format, backlog, onError, onTaken, onHole } = options;
    this.#queue = new ChunkQueue({
      format,
      backlog,
      write: (chunks) => this.#write(chunks),
      onRefused: onError,
      onTaken,
      onHole: ({ from, to }, isOver) => {
        this.#hasHole = true;
        onHole({ from: Math.max(0, from - this.#skip), to: Math.max(0, to - this.#skip) }, isOver);
      },
    });
    this.#written = this.#open().catch((thrown: unknown) => onError(toErrorFacts(thrown, 'storage_failed')));
  }

  /** Of everything that was appended. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Something of the file is silence because there was no room for it. */
  get hasHole(): boolean {
    return this.#hasHole;
  }

  append(given: ArrayBuffer): void {
    const { format, sealed } = this.#options;
    const index = this.#starts.length - 1;
    const start = this.#starts[index] ?? 0;
    const { end } = silenceChunk(format, given, start, { from: 0, to: 0 });
    this.#starts.push(end);
    const { preSkip, endTrim } = edgesOf(format, given);
    this.#skip = preSkip;
    // Whoever recovers a sealed file cannot look inside.
    const samples = sealed ? Math.max(0, end - endTrim - preSkip) - Math.max(0, start - preSkip) : undefined;
    this.#bytes += given.byteLength;
    this.#queue.push({ index, start, end, samples, bytes: this.#silenced(index, given) ?? given });
    this.#written = this.#written.then(() => this.#queue.drain());
  }

  /**
   * Silences a range of decoded samples in every chunk, those that are still to come included, and writes the marks down.
   * Rejects when the database refuses; the finished file is silent all the same.
   */
  redact(range: SampleRange, marks: SegmentWire['marks']): Promise<void> {
    if (range.from < range.to) this.#redacted.push(range);
    const amended = this.#amend(this.#written, marks);
    this.#written = amended.catch(() => undefined);
    return amended;
  }

  /** What is missing of the segment so far: a crash recovers it with that. */
  lost(gaps: SegmentWire['gaps']): Promise<void> {
    return this.#note({ gaps });
  }

  /** What is known of its turn by now, behind every chunk so far. */
  know(facts: SegmentWire): Promise<void> {
    return this.#note({ facts });
  }

  #note(change: DraftChange): Promise<void> {
    const amended = this.#written.then(() => amendDraft(this.#options.db, this.#options.segmentId, change));
    this.#written = amended.catch(() => undefined);
    return amended;
  }

  async #amend(before: Promise<void>, marks: SegmentWire['marks']): Promise<void> {
    await before;
    this.#queue.rewrite(({ index, bytes }) => this.#silenced(index, bytes));
    const rewrite = this.#redacted.length > 0 && ((index: number, bytes: ArrayBuffer) => this.#silenced(index, bytes));
    const { db, segmentId } = this.#options;
    await amendDraft(db, segmentId, { marks, ...(rewrite && { rewrite }) });
  }

  /** Every chunk in order, when all that were appended have been tried. Ends the queue: nothing is appended any more. */
  async all(): Promise<ArrayBuffer[]> {
    this.#written = this.#written.then(() => this.#queue.drain(true));
    await this.#written;
    const { db, segmentId } = this.#options;
    const stored = await readChunks(db, segmentId);
    const waiting = this.#queue.waiting.map(({ bytes }) => bytes);
    this.#queue.close();
    return [...stored, ...waiting].map((bytes, index) => this.#silenced(index, bytes) ?? bytes);
  }

  /** Gives up what was not written yet. */
  close(): void {
    this.#queue.close();
  }

  async #open(): Promise<void> {
    await this.#options.open();
    this.#isOpen = true;
  }

  async #write(chunks: readonly QueuedChunk[]): Promise<void> {
    if (!this.#isOpen) await this.#open();
    const { db, segmentId } = this.#options;
    await appendChunks(db, segmentId, chunks);
  }

  /** The chunk without what was redacted; undefined: nothing of it was. */
  #silenced(index: number, bytes: ArrayBuffer): ArrayBuffer | undefined {
    let silenced: ArrayBuffer | undefined;
    for (const range of this.#redacted)
      silenced =
        silenceChunk(this.#options.format, silenced ?? bytes, this.#starts[index] ?? 0, range).bytes ?? silenced;
    return silenced;
  }
}

/** Coded frames that are not heard: before the whole stream, and at the end of this chunk. */
function edgesOf(format: SegmentFormat, chunk: ArrayBuffer): Pick<PacketChunk, 'preSkip' | 'endTrim'> {
  return format === 'wav' ? { preSkip: 0, endTrim: 0 } : readPacketChunk(chunk);
}
