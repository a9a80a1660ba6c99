import { type ErrorFacts, toErrorFacts } from '../core/errors.ts';
import { appendChunk, readChunks } from '../storage/segments.ts';
import type { TurntapeDatabase } from '../storage/database.ts';

/**
 * The chunks of one segment on their way into the database, in order. One that the database refuses (a full disk, say)
 * stays in memory and in its place, and is written with the finished file: a refused write is reported, never lost.
 */
export class SegmentChunks {
  readonly #db: TurntapeDatabase;
  readonly #segmentId: string;
  readonly #onError: (error: ErrorFacts) => void;
  readonly #refused = new Map<number, ArrayBuffer>();
  #count = 0;
  #written: Promise<void>;

  /** `opened` settles when the segment's row is there. */
  constructor(db: TurntapeDatabase, segmentId: string, opened: Promise<void>, onError: (error: ErrorFacts) => void) {
    this.#db = db;
    this.#segmentId = segmentId;
    this.#written = opened;
    this.#onError = onError;
  }

  append(bytes: ArrayBuffer): void {
    const index = this.#count;
    this.#count += 1;
    this.#written = this.#written
      .then(() => appendChunk(this.#db, this.#segmentId, index, bytes))
      .catch((thrown: unknown) => {
        this.#refused.set(index, bytes);
        this.#onError(toErrorFacts(thrown, 'storage_failed'));
      });
  }

  /** Every chunk in order, when all that were appended have been tried. */
  async all(): Promise<ArrayBuffer[]> {
    await this.#written;
    const kept = await readChunks(this.#db, this.#segmentId);
    if (this.#refused.size === 0) return kept;
    const stored = kept.values();
    return Array.from({ length: this.#count }, (_, index) => this.#refused.get(index) ?? stored.next().value).filter(
      (bytes) => bytes !== undefined,
    );
  }
}
