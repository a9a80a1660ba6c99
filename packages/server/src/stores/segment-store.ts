import type { BlobStore } from '../blob-store.ts';
import type { Database, Queryable, Scope, Statement } from '../database.ts';
import type { ReceivedBody } from '../received-body.ts';
import type { SegmentFacts } from '../wire/segment.ts';
import { WireError } from '../wire/wire-error.ts';
import { bindByTime, bindTranscripts } from './binding.ts';
import { removeSegment } from './removal.ts';
import { SEGMENT_INSERT } from './segment-columns.ts';
import { passSegmentGate, type SegmentGate } from './segment-gate.ts';
import { alone, checkQuota, NO_QUOTA, type Quota } from './session-gate.ts';
import type { KeyTemplate } from './key-template.ts';
import { audioKey, factsFile, segmentFactsKey } from './stored-files.ts';

/** Proof that a segment is stored. The same for the first post and for every repeat. */
export interface SegmentReceipt {
  segment_id: string;
  sha256: string;
  byte_size: number;
  /** Opaque to the client: where the file is. Empty for a segment without audio. */
  audio_url: string;
}

/** What became of a post. */
export interface Stored<Receipt> {
  /** False: it was there already. */
  isNew: boolean;
  receipt: Receipt;
}

/** A row as it is written. */
export type SegmentRow = SegmentFacts & {
  audio_url: string;
  /** Null: where audio lies when nobody says. */
  audio_key: string | null;
};

/** Told within the transaction that writes the row: what it writes is there if and only if the row is. */
export type OnStored = (scope: Queryable, row: SegmentRow) => Promise<void>;

/** Segments: the file, its facts beside it, then the row. */
export class SegmentStore {
  readonly #database: Database;
  readonly #blobs: BlobStore;
  readonly #onStored: OnStored | undefined;
  readonly #keyOf: KeyTemplate | undefined;

  constructor(
    database: Database,
    blobs: BlobStore,
    { onStored, keyOf }: { onStored?: OnStored | undefined; keyOf?: KeyTemplate | undefined } = {},
  ) {
    this.#database = database;
    this.#blobs = blobs;
    this.#onStored = onStored;
    this.#keyOf = keyOf;
  }

  /**
   * Stores a segment durably, or finds that it is there. Other bytes, or another session, under a known id are a
   * conflict. `audio` is undefined for a turn that was never heard.
   */
  async put(
    facts: SegmentFacts,
    audio: ReceivedBody | undefined,
    quota: Quota = NO_QUOTA,
  ): Promise<Stored<SegmentReceipt>> {
    const sha256 = checkProof(facts, audio);
    return alone(this.#database, facts.session_id, async (scope) => {
      const gate = await passSegmentGate(scope, facts, quota);
      const known = repeatOf(gate, facts, sha256);
      if (known !== undefined) return { isNew: false, receipt: known };
      if (gate.isRemoved) {
        // A late copy of what was replaced or deleted: proved, and not kept. What it replaced itself goes all the same.
        if (facts.replaces !== null) await this.#remove(scope, facts, gate.legalHold);
        return { isNew: false, receipt: receiptOf(facts, sha256, '') };
      }
      checkQuota(gate, facts.byte_size, quota);
      const ownKey = this.#keyOf?.(facts);
      const key = ownKey ?? audioKey(facts, facts.format);
      await this.#blobs.put([
        ...(audio === undefined ? [] : [{ key, bytes: audio }]),
        // What a client calls `audio_key` is nothing to us.
        factsFile(segmentFactsKey(facts), { ...facts, transcript: undefined, sha256, audio_key: ownKey }),
      ]);
      // The old audio goes before the new row comes: once this is answered, nothing holds what was to be silenced.
      if (facts.replaces !== null) {
        await this.#remove(scope, facts, gate.legalHold);
        for (const segmentId of await olderCopies(scope, facts))
          await this.#remove(scope, { ...facts, replaces: segmentId }, gate.legalHold);
      }
      const audioUrl = audio === undefined ? '' : this.#blobs.url(key);
      const row = { ...facts, sha256, audio_url: audioUrl, audio_key: audio === undefined ? null : (ownKey ?? null) };
      if (await insertSegment(scope, row, { onStored: this.#onStored, wordsWait: gate.wordsWait }))
        return { isNew: true, receipt: receiptOf(facts, sha256, audioUrl) };
      // The id is another session's, which wrote its row while we wrote our files: they are nobody's.
      await this.#blobs.remove([key, segmentFactsKey(facts)]);
      throw otherSegment();
    });
  }

  /** Whether these bytes are stored already; other bytes under the id are a conflict, a late copy counts as stored. */
  async find(facts: SegmentFacts): Promise<SegmentReceipt | undefined> {
    const gate = await passSegmentGate(this.#database, facts, NO_QUOTA);
    return repeatOf(gate, facts, facts.sha256) ?? (gate.isRemoved ? receiptOf(facts, facts.sha256, '') : undefined);
  }

  #remove(scope: Scope, facts: SegmentFacts, legalHold: boolean): Promise<void> {
    const { session_id, segment_id: replacedBy } = facts;
    return removeSegment(
      scope,
      this.#blobs,
      { session_id, segment_id: facts.replaces ?? '' },
      { replacedBy, legalHold },
    );
  }
}

/** What follows a segment's row. */
export interface InsertOptions {
  onStored?: OnStored | undefined;
  /** False: the session has no words that could be of this turn; asked in the same turn of the session. */
  wordsWait?: boolean;
}

/** Writes the row of a segment whose files are stored, and gives waiting transcripts their turn. False: it is there. */
export async function insertSegment(
  scope: Scope,
  row: SegmentRow,
  { onStored, wordsWait = true }: InsertOptions = {},
): Promise<boolean> {
  // Nearly always: one statement, which is whole or not at all by itself.
  // What nobody heard is of no turn, and no words are its own.
  if ((!wordsWait || row.unheard_tail !== null) && onStored === undefined) return insertRow(scope, row);
  return scope.transaction(async (transaction) => {
    if (!(await insertRow(transaction, row))) return false;
    if (row.unheard_tail === null && row.external_id !== null)
      await bindTranscripts(transaction, row.session_id, row.external_id, row.speaker, row.turn_id);
    if (row.unheard_tail === null) await bindByTime(transaction, row.session_id, row.speaker);
    await onStored?.(transaction, row);
    return true;
  });
}

const INSERT: Statement = {
  name: 'segment_insert',
  text: `${SEGMENT_INSERT.text} ON CONFLICT (segment_id) DO NOTHING RETURNING id`,
};

async function insertRow(scope: Queryable, row: SegmentRow): Promise<boolean> {
  const { rows } = await scope.query(INSERT, SEGMENT_INSERT.params(row));
  return rows.length > 0;
}

/**
 * What is stored of the same part of the same turn, and was sent earlier. A device that redacts twice names the copy between,
 * which may never have left it: the one that is here then is the one before.
 */
async function olderCopies(scope: Queryable, facts: SegmentFacts): Promise<string[]> {
  const { rows } = await scope.query<{ segment_id: string }>(
    `SELECT segment_id FROM session_audio_segments
      WHERE session_id = $1::uuid AND turn_id = $2::uuid AND part = $3::int AND speaker = $4
        AND segment_id <> $5::uuid AND replaced_by IS NULL
        AND (sent_at IS NULL OR sent_at <= $6::timestamptz)`,
    [
      facts.session_id,
      facts.turn_id,
      facts.part,
      facts.speaker,
      facts.segment_id,
      facts.sent_at ?? new Date().toISOString(),
    ],
  );
  return rows.map(({ segment_id }) => segment_id);
}

/** The receipt of the segment if these bytes are there; a conflict if others are. */
function repeatOf({ known }: SegmentGate, facts: SegmentFacts, sha256: string): SegmentReceipt | undefined {
  if (known === undefined) return undefined;
  if (known.sha256 !== sha256 || known.sessionId !== facts.session_id) throw otherSegment();
  return receiptOf(facts, sha256, known.audioUrl);
}

function otherSegment(): WireError {
  return new WireError('conflict', 'segment_id: another segment is stored under this id', { field: 'segment_id' });
}

/** SHA-256 of nothing: some clients hash it, some send none. */
const NOTHING_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** The hash of the bytes that came; refused when the client's own differs: something changed on the way. */
function checkProof(facts: SegmentFacts, audio: ReceivedBody | undefined): string {
  const byteSize = audio?.byteSize ?? 0;
  if (facts.byte_size !== byteSize)
    throw new WireError('size_mismatch', `byte_size: ${byteSize} bytes of audio came`, { field: 'byte_size' });
  if (audio === undefined && facts.sha256 === '') return '';
  const sha256 = audio?.sha256 ?? NOTHING_SHA256;
  if (facts.sha256 !== sha256)
    throw new WireError('hash_mismatch', `sha256: the audio that came has ${sha256}`, { field: 'sha256' });
  return sha256;
}

function receiptOf(facts: SegmentFacts, sha256: string, audioUrl: string): SegmentReceipt {
  return { segment_id: facts.segment_id, sha256, byte_size: facts.byte_size, audio_url: audioUrl };
}
