import { silenceChunk } from '../../codecs/silence.ts';
import type { SampleRange } from '../../codecs/silence-packets.ts';
import { type ErrorFacts, toErrorFacts } from '../../core/errors.ts';
import type { SegmentFormat } from '../../core/segment.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import type { Lane, SessionChunkRow } from '../../storage/rows.ts';
import { appendSessionChunks } from '../../storage/session-files.ts';

/** What a full disk may hold in memory: minutes of Opus. Beyond it the oldest chunk becomes a hole of the right length. */
const LARGEST_BACKLOG_BYTES = 4 * 2 ** 20;

/** Of one transaction: the chunks of three seconds. */
const LARGEST_BATCH = 100;

/**
 * The chunks of a session file on their way into the database: whatever came while one transaction ran goes with the next.
 * What the database refuses is tried again with the next chunk.
 */
export class SessionChunks {
  readonly #db: TurntapeDatabase;
  readonly #format: SegmentFormat;
  readonly #onError: (error: ErrorFacts) => void;
  readonly #onNotKept: (lane: Lane, range: SampleRange) => void;
  readonly #redacted: { lane: Lane; range: SampleRange }[] = [];
  #waiting: SessionChunkRow[] = [];
  #writing: Promise<void> | undefined;
  #refused = false;
  #writtenBytes = 0;

  /** `onNotKept`: neither disk nor memory had room for this of a lane, in samples of the file. */
  constructor(
    db: TurntapeDatabase,
    format: SegmentFormat,
    onError: (error: ErrorFacts) => void,
    onNotKept: (lane: Lane, range: SampleRange) => void,
  ) {
    this.#db = db;
    this.#format = format;
    this.#onError = onError;
    this.#onNotKept = onNotKept;
  }

  /** What is in the database of all that was appended. */
  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  append(row: SessionChunkRow): void {
    this.#waiting.push(this.#silenced(row));
    this.#write();
  }

  /** Silences a range of file samples in everything that is still to be written. Settles when nothing older is under way. */
  async redact(lane: Lane, range: SampleRange): Promise<void> {
    this.#redacted.push({ lane, range });
    this.#waiting = this.#waiting.map((row) => this.#silenced(row));
    await this.#writing;
  }

  /** Settles when everything that was appended has been tried. */
  async settled(): Promise<void> {
    this.#write();
    while (this.#writing) await this.#writing;
  }

  #write(): void {
    if (this.#writing || this.#waiting.length === 0) return;
    const batch = this.#waiting.splice(0, LARGEST_BATCH);
    this.#writing = this.#append(batch);
  }

  async #append(batch: readonly SessionChunkRow[]): Promise<void> {
    try {
      await appendSessionChunks(this.#db, batch);
      this.#writtenBytes += bytesOf(batch);
      this.#refused = false;
    } catch (thrown) {
      this.#keep(batch, toErrorFacts(thrown, 'storage_failed'));
    }
    this.#writing = undefined;
    // What is refused waits for the next chunk: asking again at once would not help.
    if (!this.#refused) this.#write();
  }

  #keep(batch: readonly SessionChunkRow[], error: ErrorFacts): void {
    this.#waiting = [...batch.map((row) => this.#silenced(row)), ...this.#waiting];
    let bytes = bytesOf(this.#waiting);
    while (bytes > LARGEST_BACKLOG_BYTES) {
      const row = this.#waiting.shift();
      if (!row) break;
      bytes -= row.bytes.byteLength;
      const { end } = silenceChunk(this.#format, row.bytes, row.start, { from: 0, to: 0 });
      this.#onNotKept(row.lane, { from: row.start, to: end });
    }
    if (!this.#refused) this.#onError(error);
    this.#refused = true;
  }

  #silenced(row: SessionChunkRow): SessionChunkRow {
    let { bytes } = row;
    for (const { lane, range } of this.#redacted)
      if (lane === row.lane) bytes = silenceChunk(this.#format, bytes, row.start, range).bytes ?? bytes;
    return bytes === row.bytes ? row : { ...row, bytes };
  }
}

function bytesOf(rows: readonly SessionChunkRow[]): number {
  return rows.reduce((sum, row) => sum + row.bytes.byteLength, 0);
}
