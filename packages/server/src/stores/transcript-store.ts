import { randomUUID } from 'node:crypto';
import type { BlobStore } from '../blob-store.ts';
import type { Database } from '../database.ts';
import { OneAtATime } from '../one-at-a-time.ts';
import type { TranscriptFacts } from '../wire/transcript.ts';
import { WireError } from '../wire/wire-error.ts';
import { findTurn } from './binding.ts';
import { insertInto } from './insert-into.ts';
import type { Stored } from './segment-store.ts';
import { factsFile, transcriptFactsKey } from './stored-files.ts';

/** Says which revision is stored now and, when it is known, which turn it belongs to. */
export interface TranscriptReceipt {
  transcript_id: string;
  revision: number;
  /** Null: the segment that ties `external_id` to a turn has not come yet. */
  turn_id: string | null;
}

interface KnownRow {
  role: string;
  text: string;
  revision: number;
  turn_id: string;
  turn_bound: boolean;
}

const INSERT = insertInto('session_transcripts', {
  transcript_id: 'text',
  session_id: 'uuid',
  turn_id: 'uuid',
  external_id: 'text',
  turn_bound: 'boolean',
  role: 'text',
  text: 'text',
  language: 'text',
  interrupted: 'boolean',
  occurred_at: 'timestamptz',
  revision: 'integer',
  schema: 'integer',
});

/** The highest revision wins, in whatever order they come. A turn once known is not forgotten. */
const UPSERT = `${INSERT.text}
  ON CONFLICT (session_id, transcript_id) DO UPDATE SET
    turn_id = CASE WHEN excluded.turn_bound THEN excluded.turn_id ELSE session_transcripts.turn_id END,
    turn_bound = excluded.turn_bound OR session_transcripts.turn_bound,
    external_id = coalesce(excluded.external_id, session_transcripts.external_id),
    role = excluded.role, text = excluded.text, language = excluded.language, interrupted = excluded.interrupted,
    occurred_at = excluded.occurred_at, revision = excluded.revision, schema = excluded.schema, updated_at = now()
  WHERE excluded.revision > session_transcripts.revision`;

/** Transcripts: the facts in a file, then the row. */
export class TranscriptStore {
  readonly #database: Database;
  readonly #blobs: BlobStore;
  readonly #posts = new OneAtATime();

  constructor(database: Database, blobs: BlobStore) {
    this.#database = database;
    this.#blobs = blobs;
  }

  /** Stores a transcript durably, or finds that this revision or a later one is there. */
  async put(facts: TranscriptFacts): Promise<Stored<TranscriptReceipt>> {
    return this.#posts.run(`${facts.session_id}/${facts.transcript_id}`, async () => {
      const known = await this.#find(facts);
      if (known !== undefined && known.revision >= facts.revision)
        return { isNew: false, receipt: receiptOf(facts.transcript_id, known) };
      const key = transcriptFactsKey(facts.session_id, facts.transcript_id);
      await this.#blobs.put([factsFile(key, facts)]);
      await this.#upsert(facts);
      const stored = await this.#find(facts);
      if (stored === undefined) throw new Error('A transcript was neither stored nor found.');
      return { isNew: true, receipt: receiptOf(facts.transcript_id, stored) };
    });
  }

  #upsert(facts: TranscriptFacts): Promise<void> {
    const { session_id: sessionId, external_id: externalId, role } = facts;
    return this.#database.transaction(async (transaction) => {
      let turnId = facts.turn_id;
      if (turnId === null && externalId !== null) turnId = await findTurn(transaction, sessionId, externalId, role);
      await transaction.query(
        UPSERT,
        // The column is NOT NULL: until the turn is known a random id stands in for it.
        INSERT.params({ ...facts, turn_id: turnId ?? randomUUID(), turn_bound: turnId !== null }),
      );
    });
  }

  /** The row as it is. Other words under the same revision are a conflict. */
  async #find(facts: TranscriptFacts): Promise<KnownRow | undefined> {
    const { rows } = await this.#database.query<KnownRow>(
      `SELECT role, text, revision, turn_id, turn_bound FROM session_transcripts
        WHERE session_id = $1::uuid AND transcript_id = $2`,
      [facts.session_id, facts.transcript_id],
    );
    const row = rows[0];
    if (row === undefined) return undefined;
    if (row.revision === facts.revision && (row.text !== facts.text || row.role !== facts.role))
      throw new WireError('conflict', 'revision: other words are stored under this revision; send a higher one', {
        field: 'revision',
      });
    return row;
  }
}

function receiptOf(transcriptId: string, { revision, turn_id: turnId, turn_bound: bound }: KnownRow) {
  return { transcript_id: transcriptId, revision, turn_id: bound ? turnId : null };
}
