import { silenceChunk } from '../../codecs/silence.ts';
import type { SampleRange } from '../../codecs/silence-packets.ts';
import { type ErrorFacts, toErrorFacts } from '../../core/errors.ts';
import type { SegmentFormat } from '../../core/segment.ts';

/** What finds no room on the disk and may wait in memory for it, of all running files of a session: minutes of Opus, 40 s of WAV. */
const LARGEST_BACKLOG_BYTES = 4 * 2 ** 20;

/** After a refusal so many chunks come before the disk is asked again: half a second of audio. */
const REST_CHUNKS = 12;

/** Of one transaction: most of a second of audio. */
const LARGEST_BATCH = 20;

/** A run of a segment's encoded bytes, on its way into the database. */
export interface QueuedChunk {
  /** 0, 1, 2 … */
  index: number;
  /** Where it begins and ends: see `silenceChunk`. */
  start: number;
  end: number;
  bytes: ArrayBuffer;
  /** Of a sealed segment: what it adds to the decoded file. */
  samples: number | undefined;
  /** Its sound was let go of: silence of the same length stands in its place. */
  isHole?: boolean;
}

/** Memory that the queues of a session share. */
export class Backlog {
  readonly limitBytes: number;
  bytes = 0;

  constructor(limitBytes = LARGEST_BACKLOG_BYTES) {
    this.limitBytes = limitBytes;
  }

  get isOver(): boolean {
    return this.bytes > this.limitBytes;
  }
}

export interface ChunkQueueOptions {
  format: SegmentFormat;
  backlog: Backlog;
  /** Writes them all, or none. */
  write: (chunks: readonly QueuedChunk[]) => Promise<void>;
  /** The database refuses: told once, until it takes something again. */
  onRefused: (error: ErrorFacts) => void;
  /** It takes everything again. */
  onTaken: () => void;
  /** So much of the file is silence because there was no room: told as it grows, and once more when it is over. */
  onHole: (hole: SampleRange, isOver: boolean) => void;
}

/**
 * The chunks of one file, in order and without a hole between: a chunk is written only behind all before it, so that what
 * is on the disk is at any moment the beginning of the file. What came while one transaction ran goes with the next: a disk
 * that is slow for a moment puts off what follows by one transaction, not by one for each chunk. What the database refuses
 * waits here and is tried again with those that follow. Beyond the memory of the backlog the oldest become silence of their
 * length.
 */
export class ChunkQueue {
  readonly #options: ChunkQueueOptions;
  readonly #waiting: QueuedChunk[] = [];
  #writing: ReadonlySet<QueuedChunk> = new Set();
  #refused = false;
  #rest = 0;
  #hole: SampleRange | undefined;
  /** One for all that look alike: an hour of silence takes the memory of one chunk. */
  #silence: ArrayBuffer | undefined;

  constructor(options: ChunkQueueOptions) {
    this.#options = options;
  }

  /** Those that are not on the disk, in order. */
  get waiting(): readonly QueuedChunk[] {
    return this.#waiting;
  }

  push(chunk: QueuedChunk): void {
    this.#waiting.push(chunk);
    this.#options.backlog.bytes += chunk.bytes.byteLength;
    if (this.#refused) this.#bound();
  }

  /** Writes what waits. While the database refuses, only now and then; `now`: at once. Never rejects. */
  async drain(now = false): Promise<void> {
    if (this.#rest > 0 && !now) {
      this.#rest -= 1;
      return;
    }
    while (this.#waiting.length > 0) {
      // A disk that has refused may have room for one, and not for twenty.
      const batch = this.#waiting.slice(0, this.#refused ? 1 : LARGEST_BATCH);
      this.#writing = new Set(batch);
      try {
        await this.#options.write(batch);
      } catch (thrown) {
        this.#writing = new Set();
        this.#refuse(toErrorFacts(thrown, 'storage_failed'));
        return;
      }
      for (const { bytes, isHole } of batch) if (!isHole) this.#options.backlog.bytes -= bytes.byteLength;
      this.#waiting.splice(0, batch.length);
    }
    this.#writing = new Set();
    this.#rest = 0;
    this.#closeHole();
    if (this.#refused) this.#options.onTaken();
    this.#refused = false;
  }

  /** Gives every chunk that waits other bytes, where there are others. */
  rewrite(change: (chunk: QueuedChunk) => ArrayBuffer | undefined): void {
    for (const chunk of this.#waiting) {
      const bytes = change(chunk);
      if (!bytes) continue;
      if (!chunk.isHole) this.#options.backlog.bytes += bytes.byteLength - chunk.bytes.byteLength;
      chunk.bytes = bytes;
    }
  }

  /** The file is finished, or given up: nothing of it takes memory here any more. */
  close(): void {
    this.#closeHole();
    for (const { bytes, isHole } of this.#waiting.splice(0))
      if (!isHole) this.#options.backlog.bytes -= bytes.byteLength;
  }

  #refuse(error: ErrorFacts): void {
    this.#rest = REST_CHUNKS;
    if (!this.#refused) this.#options.onRefused(error);
    this.#refused = true;
    this.#bound();
  }

  #bound(): void {
    const { backlog } = this.#options;
    for (const chunk of this.#waiting) {
      if (!backlog.isOver) return;
      if (chunk.isHole || this.#writing.has(chunk)) continue;
      backlog.bytes -= chunk.bytes.byteLength;
      chunk.bytes = this.#silent(chunk);
      chunk.isHole = true;
      this.#hole = { from: this.#hole?.from ?? chunk.start, to: chunk.end };
      this.#options.onHole(this.#hole, false);
    }
  }

  #silent({ bytes, start }: QueuedChunk): ArrayBuffer {
    const silent = silenceChunk(this.#options.format, bytes, start, { from: -Infinity, to: Infinity }).bytes ?? bytes;
    if (!this.#silence || !isSame(silent, this.#silence)) this.#silence = silent;
    return this.#silence;
  }

  #closeHole(): void {
    if (this.#hole) this.#options.onHole(this.#hole, true);
    this.#hole = undefined;
  }
}

function isSame(one: ArrayBuffer, other: ArrayBuffer): boolean {
  const bytes = new Uint8Array(other);
  return one.byteLength === other.byteLength && new Uint8Array(one).every((byte, index) => byte === bytes[index]);
}
