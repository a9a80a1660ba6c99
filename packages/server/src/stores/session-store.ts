import type { BlobStore } from '../blob-store.ts';
import type { Database, Queryable, Statement } from '../database.ts';
import type { SessionFacts } from '../wire/session.ts';
import { insertInto } from './insert-into.ts';
import type { Stored } from './segment-store.ts';
import { alone, refuseClosed } from './session-gate.ts';
import { factsFile, sessionFactsKey } from './stored-files.ts';

/** Names the session that is stored. */
export interface SessionReceipt {
  session_id: string;
}

/** The words that older systems ask for in `finish_reason`, where ours say more. */
const FINISH_REASON = { session_stop: 'end', page_exit: 'cancel', crash: 'cancel' } as const;

const INSERT = insertInto('sessions', {
  session_id: 'uuid',
  started_at: 'timestamptz',
  ended_at: 'timestamptz',
  end_reason: 'text',
  finish_reason: 'text',
  state: 'text',
  metadata: 'jsonb',
  consent: 'jsonb',
  epochs: 'jsonb',
  schema: 'integer',
});

const FACTS = ['started_at', 'ended_at', 'end_reason', 'finish_reason', 'state', 'metadata', 'consent', 'epochs'];
const listed = (table: string) => FACTS.map((name) => `${table}.${name}`).join(', ');

/** What a session was told at its start never takes the place of what was told at its end. */
const UPSERT: Statement = {
  name: 'session_put',
  text: `${INSERT.text}
  ON CONFLICT (session_id) DO UPDATE SET
    ${FACTS.map((name) => `${name} = excluded.${name}`).join(', ')}, schema = excluded.schema, updated_at = now(),
    event_id = excluded.event_id
  WHERE (${listed('sessions')}) IS DISTINCT FROM (${listed('excluded')})
    AND (sessions.ended_at IS NULL OR excluded.ended_at IS NOT NULL)
  RETURNING session_id`,
};

/** Everything that is asked before a session's facts are stored, as one statement. */
const GATE: Statement = {
  name: 'session_gate',
  text: `
  SELECT EXISTS (SELECT 1 FROM deleted_sessions WHERE session_id = $1::uuid) AS deleted,
         coalesce(s.revoked_at IS NOT NULL, FALSE) AS revoked,
         s.session_id IS NOT NULL AS known, s.ended_at IS NOT NULL AS ended, s.metadata, s.consent, s.epochs, s.started_at
    FROM (SELECT 1) one
    LEFT JOIN sessions s ON s.session_id = $1::uuid`,
};

/** What is done in the transaction that writes a session's end. */
export type OnSessionEnded = (scope: Queryable, sessionId: string) => Promise<void>;

/** Sessions: the facts in a file, then the row. */
export class SessionStore {
  readonly #database: Database;
  readonly #blobs: BlobStore;
  readonly #onEnded: OnSessionEnded | undefined;

  /** `onEnded` is asked once of each session's end; undefined: nothing follows one. */
  constructor(database: Database, blobs: BlobStore, onEnded?: OnSessionEnded) {
    this.#database = database;
    this.#blobs = blobs;
    this.#onEnded = onEnded;
  }

  /** Stores what is new in a session's facts, or finds that they are there. `isEnd`: its end was not known before. */
  async put(facts: SessionFacts): Promise<Stored<SessionReceipt> & { isEnd: boolean }> {
    const { session_id: sessionId } = facts;
    const receipt = { session_id: sessionId };
    return alone(this.#database, sessionId, async (scope) => {
      const known = await passSessionGate(scope, sessionId);
      const hasEnded = known?.ended ?? false;
      if (facts.ended_at === null && hasEnded) return { isNew: false, isEnd: false, receipt };
      const isEnd = facts.ended_at !== null && !hasEnded;
      const whole = { ...facts, ...kept(facts, known), started_at: earlier(facts.started_at, known?.started_at) };
      await this.#blobs.put([factsFile(sessionFactsKey(sessionId), whole)]);
      const follow = isEnd ? this.#onEnded : undefined;
      // Nearly always: one statement, which is whole or not at all by itself.
      if (follow === undefined) return { isNew: await insertSession(scope, whole), isEnd, receipt };
      return scope.transaction(async (transaction) => {
        const isNew = await insertSession(transaction, whole);
        await follow(transaction, sessionId);
        return { isNew, isEnd, receipt };
      });
    });
  }
}

/** Writes the row of a session whose file is stored. False: it says nothing new. */
export async function insertSession(scope: Queryable, facts: SessionFacts): Promise<boolean> {
  const finishReason = facts.end_reason === null ? null : FINISH_REASON[facts.end_reason];
  const row = { ...facts, ...kept(facts, undefined), finish_reason: finishReason };
  const { rows } = await scope.query(UPSERT, INSERT.params(row));
  return rows.length > 0;
}

/** What a client may leave out when it tells of a session again. */
type Kept = Pick<SessionFacts, 'metadata' | 'consent' | 'epochs'>;

/** These facts as they are told, as they were, or as nothing. */
function kept(told: Kept, known: Kept | undefined): { [Name in keyof Kept]-?: Exclude<Kept[Name], undefined> } {
  return {
    metadata: told.metadata ?? known?.metadata ?? {},
    consent: told.consent === undefined ? (known?.consent ?? null) : told.consent,
    epochs: told.epochs ?? known?.epochs ?? [],
  };
}

/** A page that was reloaded goes on with its session: that began when the first of its runs did. */
function earlier(told: SessionFacts['started_at'], known: Date | null | undefined): SessionFacts['started_at'] {
  return known && known.getTime() < Date.parse(told) ? known.toISOString() : told;
}

interface KnownSession extends Kept {
  ended: boolean;
  started_at: Date | null;
}

/** What is known of the session; undefined: nothing. Refuses one that was erased or closed by its operator. */
async function passSessionGate(scope: Queryable, sessionId: string): Promise<KnownSession | undefined> {
  const { rows } = await scope.query<KnownSession & { deleted: boolean; revoked: boolean; known: boolean }>(GATE, [
    sessionId,
  ]);
  const row = rows[0];
  if (row === undefined) throw new Error('The gate of a session gave no row.');
  refuseClosed(row);
  return row.known ? row : undefined;
}
