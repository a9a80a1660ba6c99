import { randomUUID } from 'node:crypto';
import type { BlobStore } from '../blob-store.ts';
import type { Database, Queryable, Scope, Statement } from '../database.ts';
import type { TranscriptFacts } from '../wire/transcript.ts';
import { WireError } from '../wire/wire-error.ts';
import { bindByTime, findTurn, SPEAKER_OF_ROLE } from './binding.ts';
import { insertInto } from './insert-into.ts';
import type { Stored } from './segment-store.ts';
import { alone, refuseClosed } from './session-gate.ts';
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
  /** What of it was heard. Null: not known. */
  heard_text: string | null;
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
  utterance_id: 'text',
  words: 'jsonb',
  heard_text: 'text',
  cut_word: 'integer',
  heard_ms: 'float8',
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
  heard_text: 'text',
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
    confidence = excluded.confidence, utterance_id = excluded.utterance_id, words = excluded.words,
    heard_text = excluded.heard_text, cut_word = excluded.cut_word, heard_ms = excluded.heard_ms,
    occurred_at = excluded.occurred_at, revision = excluded.revision, schema = excluded.schema, updated_at = now()
  WHERE excluded.revision > session_transcripts.revision`;

/** The words and what this revision of them said, as one statement: whole or not at all without a transaction. */
const PUT: Statement = {
  name: 'transcript_put',
  text: `WITH words AS (${UPSERT}),
    said AS (INSERT INTO session_transcript_revisions
               (session_id, transcript_id, revision, text, heard_text, language, confidence, interrupted)
             VALUES (${INSERT.at('session_id')}, ${INSERT.at('transcript_id')}, ${INSERT.at('revision')}, ${INSERT.at('text')},
                     ${INSERT.at('heard_text')}, ${INSERT.at('language')}, ${INSERT.at('confidence')}, ${INSERT.at('interrupted')})
             ON CONFLICT DO NOTHING)
    SELECT 1`,
};

/** Everything that is asked before a transcript is stored, as one statement. */
const GATE: Statement = {
  name: 'transcript_gate',
  text: `
  SELECT EXISTS (SELECT 1 FROM deleted_sessions WHERE session_id = $1::uuid) AS deleted,
         coalesce(s.revoked_at IS NOT NULL, FALSE) AS revoked,
         known.role, known.text, known.revision, known.turn_id, known.turn_bound,
         (SELECT coalesce(jsonb_agg(to_jsonb(said) ORDER BY said.revision), '[]')
            FROM (SELECT revision, text, heard_text, language, confidence, interrupted FROM session_transcript_revisions
                   WHERE session_id = $1::uuid AND transcript_id = $2::text) said) AS revisions
    FROM (SELECT 1) one
    LEFT JOIN sessions s ON s.session_id = $1::uuid
    LEFT JOIN session_transcripts known ON known.session_id = $1::uuid AND known.transcript_id = $2::text`,
};

type GateRow = (KnownRow | { [Name in keyof KnownRow]: null }) & {
  deleted: boolean;
  revoked: boolean;
  revisions: TranscriptRevision[];
};

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
      const { known, revisions } = await passTranscriptGate(scope, facts);
      if (known !== undefined && known.revision >= facts.revision) {
        // An earlier revision that was overtaken is history all the same.
        await insertRevision(scope, facts);
        return { isNew: false, receipt: receiptOf(transcriptId, known) };
      }
      await this.#blobs.put([factsFile(transcriptFactsKey(sessionId, transcriptId), { ...facts, revisions })]);
      await insertTranscript(scope, facts);
      // Nobody else changes the words of this session now: what names its turn has it.
      const stored =
        facts.turn_id === null ? (await passTranscriptGate(scope, facts)).known : { ...facts, turn_bound: true };
      if (stored === undefined) throw new Error('A transcript was neither stored nor found.');
      return { isNew: true, receipt: receiptOf(transcriptId, stored) };
    });
  }
}

/** Writes the row of a transcript whose file is stored; a later revision that is there stays. */
export async function insertTranscript(scope: Scope, facts: TranscriptFacts): Promise<void> {
  const { session_id: sessionId, external_id: externalId, role } = facts;
  const put = (on: Queryable, turnId: string | null, boundBy: 'turn_id' | 'external_id' | 'time') =>
    on.query(
      PUT,
      // The column is NOT NULL: until the turn is known a random id stands in for it.
      INSERT.params({ ...facts, turn_id: turnId ?? randomUUID(), turn_bound: turnId !== null, bound_by: boundBy }),
    );
  // Nearly always: the words name their turn.
  if (facts.turn_id !== null) {
    await put(scope, facts.turn_id, 'turn_id');
    return;
  }
  await scope.transaction(async (transaction) => {
    if (externalId !== null) {
      await put(transaction, await findTurn(transaction, sessionId, externalId, role), 'external_id');
      return;
    }
    await put(transaction, null, 'time');
    await bindByTime(transaction, sessionId, SPEAKER_OF_ROLE[role]);
  });
}

/** Everything that was ever said to be said, the first revision first. */
export async function listRevisions(
  scope: Queryable,
  sessionId: string,
  transcriptId: string,
): Promise<TranscriptRevision[]> {
  const { rows } = await scope.query<TranscriptRevision>(
    `SELECT revision, text, heard_text, language, confidence, interrupted FROM session_transcript_revisions
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

/**
 * What is there of the transcript, and what its revisions said. Refuses what is sent for a session that was erased or closed; other
 * words under the same revision are a conflict.
 */
async function passTranscriptGate(
  scope: Queryable,
  facts: TranscriptFacts,
): Promise<{ known: KnownRow | undefined; revisions: TranscriptRevision[] }> {
  const { rows } = await scope.query<GateRow>(GATE, [facts.session_id, facts.transcript_id]);
  const row = rows[0];
  if (row === undefined) throw new Error('The gate of a transcript gave no row.');
  refuseClosed(row);
  if (row.revision === null) return { known: undefined, revisions: row.revisions };
  if (row.revision === facts.revision && (row.text !== facts.text || row.role !== facts.role))
    throw new WireError('conflict', 'revision: other words are stored under this revision; send a higher one', {
      field: 'revision',
    });
  return { known: row, revisions: row.revisions };
}

function receiptOf(
  transcriptId: string,
  {
    revision,
    turn_id: turnId,
    turn_bound: bound,
  }: Pick<KnownRow, 'revision' | 'turn_bound'> & { turn_id: string | null },
) {
  return { transcript_id: transcriptId, revision, turn_id: bound ? turnId : null };
}
