import { randomUUID } from 'node:crypto';
import type { BlobStore } from '../blob-store.ts';
import type { Database, Queryable, Scope } from '../database.ts';
import type { TranscriptFacts } from '../wire/transcript.ts';
import { WireError } from '../wire/wire-error.ts';
import { bindByTime, findTurn, SPEAKER_OF_ROLE } from './binding.ts';
import { insertInto } from './insert-into.ts';
import type { Stored } from './segment-store.ts';
import { alone, passGate } from './session-gate.ts';
import { factsFile, transcriptFactsKey } from './stored-files.ts';

/** Says which revision is stored now and, when it is known, which turn it belongs to. */
export interface TranscriptReceipt {
  transcript_id: string;
  revision: number;
  /** Null: the segment that ties the words to a turn has not come yet. */
  turn_id: string | null;
}

/** What one revision said. */
export interface TranscriptRevision {
  revision: number;
  text: string;
  language: string | null;
  confidence: number | null;
  interrupted: boolean;
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
  bound_by: 'text',
  role: 'text',
  text: 'text',
  language: 'text',
  confidence: 'float8',
  interrupted: 'boolean',
  occurred_at: 'timestamptz',
  revision: 'integer',
  schema: 'integer',
});

const INSERT_REVISION = insertInto('session_transcript_revisions', {
  session_id: 'uuid',
  transcript_id: 'text',
  revision: 'integer',
  text: 'text',
  language: 'text',
  confidence: 'float8',
  interrupted: 'boolean',
});

/** The highest revision wins, in whatever order they come. A turn once known is not forgotten. */
const UPSERT = `${INSERT.text}
  ON CONFLICT (session_id, transcript_id) DO UPDATE SET
    turn_id = CASE WHEN excluded.turn_bound THEN excluded.turn_id ELSE session_transcripts.turn_id END,
    turn_bound = excluded.turn_bound OR session_transcripts.turn_bound,
    bound_by = CASE WHEN excluded.turn_bound OR NOT session_transcripts.turn_bound THEN excluded.bound_by
                    ELSE session_transcripts.bound_by END,
    external_id = coalesce(excluded.external_id, session_transcripts.external_id),
    role = excluded.role, text = excluded.text, language = excluded.language, interrupted = excluded.interrupted,
    confidence = excluded.confidence,
    occurred_at = excluded.occurred_at, revision = excluded.revision, schema = excluded.schema, updated_at = now()
  WHERE excluded.revision > session_transcripts.revision`;

/** Transcripts: the facts in a file, then the row. */
export class TranscriptStore {
  readonly #database: Database;
  readonly #blobs: BlobStore;

  constructor(database: Database, blobs: BlobStore) {
    this.#database = database;
    this.#blobs = blobs;
  }

  /** Stores a transcript durably, or finds that this revision or a later one is there. */
  async put(facts: TranscriptFacts): Promise<Stored<TranscriptReceipt>> {
    const { session_id: sessionId, transcript_id: transcriptId } = facts;
    return alone(this.#database, sessionId, async (scope) => {
      await passGate(scope, sessionId);
      const known = await find(scope, facts);
      if (known !== undefined && known.revision >= facts.revision) {
        // An earlier revision that was overtaken is history all the same.
        await insertRevision(scope, facts);
        return { isNew: false, receipt: receiptOf(transcriptId, known) };
      }
      const revisions = await listRevisions(scope, sessionId, transcriptId);
      await this.#blobs.put([factsFile(transcriptFactsKey(sessionId, transcriptId), { ...facts, revisions })]);
      await insertTranscript(scope, facts);
      const stored = await find(scope, facts);
      if (stored === undefined) throw new Error('A transcript was neither stored nor found.');
      return { isNew: true, receipt: receiptOf(transcriptId, stored) };
    });
  }
}

/** Writes the row of a transcript whose file is stored; a later revision that is there stays. */
export function insertTranscript(scope: Scope, facts: TranscriptFacts): Promise<void> {
  const { session_id: sessionId, external_id: externalId, role } = facts;
  return scope.transaction(async (transaction) => {
    let turnId = facts.turn_id;
    if (turnId === null && externalId !== null) turnId = await findTurn(transaction, sessionId, externalId, role);
    const boundBy = facts.turn_id !== null ? 'turn_id' : externalId !== null ? 'external_id' : 'time';
    await transaction.query(
      UPSERT,
      // The column is NOT NULL: until the turn is known a random id stands in for it.
      INSERT.params({ ...facts, turn_id: turnId ?? randomUUID(), turn_bound: turnId !== null, bound_by: boundBy }),
    );
    if (boundBy === 'time') await bindByTime(transaction, sessionId, SPEAKER_OF_ROLE[role]);
    await insertRevision(transaction, facts);
  });
}

/** Everything that was ever said to be said, the first revision first. */
export async function listRevisions(
  scope: Queryable,
  sessionId: string,
  transcriptId: string,
): Promise<TranscriptRevision[]> {
  const { rows } = await scope.query<TranscriptRevision>(
    `SELECT revision, text, language, confidence, interrupted FROM session_transcript_revisions
      WHERE session_id = $1::uuid AND transcript_id = $2 ORDER BY revision`,
    [sessionId, transcriptId],
  );
  return rows;
}

/** Remembers what one revision said. */
export async function insertRevision(
  scope: Queryable,
  facts: TranscriptRevision & { session_id: string; transcript_id: string },
): Promise<void> {
  await scope.query(`${INSERT_REVISION.text} ON CONFLICT DO NOTHING`, INSERT_REVISION.params(facts));
}

/** The row as it is. Other words under the same revision are a conflict. */
async function find(scope: Queryable, facts: TranscriptFacts): Promise<KnownRow | undefined> {
  const { rows } = await scope.query<KnownRow>(
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

function receiptOf(transcriptId: string, { revision, turn_id: turnId, turn_bound: bound }: KnownRow) {
  return { transcript_id: transcriptId, revision, turn_id: bound ? turnId : null };
}
