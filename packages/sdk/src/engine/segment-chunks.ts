import { assembleFile } from '../codecs/assemble-file.ts';
import { OPUS_RATE } from '../codecs/opus-head.ts';
import { silenceChunk } from '../codecs/silence.ts';
import type { SampleRange } from '../codecs/silence-packets.ts';
import { type ErrorFacts, toErrorFacts } from '../core/errors.ts';
import type { SegmentFormat } from '../core/segment.ts';
import type { SegmentWire } from '../core/wire.ts';
import type { TurntapeDatabase } from '../storage/database.ts';
import { type DraftChange, amendDraft } from '../storage/redact.ts';
import { appendChunk, readChunks } from '../storage/segments.ts';

/**
 * The chunks of one segment on their way into the database, in order. One that the database refuses (a full disk, say)
 * stays in memory and in its place, and is written with the finished file: a refused write is reported, never lost.
 */
export class SegmentChunks {
  readonly #db: TurntapeDatabase;
  readonly #segmentId: string;
  readonly #format: SegmentFormat;
  readonly #sealed: boolean;
  readonly #onError: (error: ErrorFacts) => void;
  readonly #refused = new Map<number, ArrayBuffer>();
  /** Where each chunk begins, and where the next one will: see `silenceChunk`. */
  readonly #starts: number[] = [0];
  readonly #redacted: SampleRange[] = [];
  #written: Promise<void>;

  /** `opened` settles when the segment's row is there. */
  constructor(
    db: TurntapeDatabase,
    { segmentId, format, sealed }: { segmentId: string; format: SegmentFormat; sealed: boolean },
    opened: Promise<void>,
    onError: (error: ErrorFacts) => void,
  ) {
    this.#db = db;
    this.#segmentId = segmentId;
    this.#format = format;
    this.#sealed = sealed;
    this.#written = opened;
    this.#onError = onError;
  }

  append(given: ArrayBuffer): void {
    const index = this.#starts.length - 1;
    const start = this.#starts[index] ?? 0;
    const { end } = silenceChunk(this.#format, given, start, { from: 0, to: 0 });
    this.#starts.push(end);
    // Whoever recovers a sealed file cannot look inside.
    const samples = this.#sealed ? decodedSamples(this.#format, given, index, end - start) : undefined;
    const bytes = this.#silenced(index, given) ?? given;
    this.#written = this.#written
      .then(() => appendChunk(this.#db, this.#segmentId, index, bytes, samples))
      .catch((thrown: unknown) => {
        this.#refused.set(index, bytes);
        this.#onError(toErrorFacts(thrown, 'storage_failed'));
      });
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
    const amended = this.#written.then(() => amendDraft(this.#db, this.#segmentId, change));
    this.#written = amended.catch(() => undefined);
    return amended;
  }

  async #amend(before: Promise<void>, marks: SegmentWire['marks']): Promise<void> {
    await before;
    for (const [index, bytes] of this.#refused) this.#refused.set(index, this.#silenced(index, bytes) ?? bytes);
    const rewrite = this.#redacted.length > 0 && ((index: number, bytes: ArrayBuffer) => this.#silenced(index, bytes));
    await amendDraft(this.#db, this.#segmentId, { marks, ...(rewrite && { rewrite }) });
  }

  /** Every chunk in order, when all that were appended have been tried. */
  async all(): Promise<ArrayBuffer[]> {
    await this.#written;
    const stored = (await readChunks(this.#db, this.#segmentId)).values();
    return Array.from(
      { length: this.#starts.length - 1 },
      (_, index) => this.#refused.get(index) ?? stored.next().value,
    )
      .filter((bytes) => bytes !== undefined)
      .map((bytes, index) => this.#silenced(index, bytes) ?? bytes);
  }

  /** The chunk without what was redacted; undefined: nothing of it was. */
  #silenced(index: number, bytes: ArrayBuffer): ArrayBuffer | undefined {
    let silenced: ArrayBuffer | undefined;
    for (const range of this.#redacted)
      silenced = silenceChunk(this.#format, silenced ?? bytes, this.#starts[index] ?? 0, range).bytes ?? silenced;
    return silenced;
  }
}

/** What a chunk adds to the decoded file: the first one's pre-skip is not heard. */
function decodedSamples(format: SegmentFormat, chunk: ArrayBuffer, index: number, coded: number): number {
  return index === 0 ? assembleFile({ format, sampleRate: OPUS_RATE, chunks: [chunk] }).samples : coded;
}
