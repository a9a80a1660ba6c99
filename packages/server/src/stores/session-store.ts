import type { BlobStore } from '../blob-store.ts';
import type { Database, Queryable } from '../database.ts';
import type { SessionFacts } from '../wire/session.ts';
import { insertInto } from './insert-into.ts';
import type { Stored } from './segment-store.ts';
import { alone, passGate } from './session-gate.ts';
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
const UPSERT = `${INSERT.text}
  ON CONFLICT (session_id) DO UPDATE SET
    ${FACTS.map((name) => `${name} = excluded.${name}`).join(', ')}, schema = excluded.schema, updated_at = now(),
    event_id = excluded.event_id
  WHERE (${listed('sessions')}) IS DISTINCT FROM (${listed('excluded')})
    AND (sessions.ended_at IS NULL OR excluded.ended_at IS NOT NULL)
  RETURNING session_id`;

/** Sessions: the facts in a file, then the row. */
export class SessionStore {
  readonly #database: Database;
  readonly #blobs: BlobStore;
  readonly #onEnded: ((scope: Queryable, sessionId: string) => Promise<void>) | undefined;

  /** `onEnded` is told once of each session's end. */
  constructor(database: Database, blobs: BlobStore, onEnded?: (scope: Queryable, sessionId: string) => Promise<void>) {
    this.#database = database;
    this.#blobs = blobs;
    this.#onEnded = onEnded;
  }

  /** Stores what is new in a session's facts, or finds that they are there. */
  async put(facts: SessionFacts): Promise<Stored<SessionReceipt>> {
    const receipt = { session_id: facts.session_id };
    return alone(this.#database, facts.session_id, async (scope) => {
      await passGate(scope, facts.session_id);
      const known = await findKnown(scope, facts.session_id);
      const hasEnded = known?.ended ?? false;
      if (facts.ended_at === null && hasEnded) return { isNew: false, receipt };
      const whole = { ...facts, ...kept(facts, known) };
      await this.#blobs.put([factsFile(sessionFactsKey(facts.session_id), whole)]);
      const isNew = await scope.transaction(async (transaction) => {
        const isChanged = await insertSession(transaction, whole);
        if (facts.ended_at !== null && !hasEnded) await this.#onEnded?.(transaction, facts.session_id);
        return isChanged;
      });
      return { isNew, receipt };
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

async function findKnown(scope: Queryable, sessionId: string): Promise<(Kept & { ended: boolean }) | undefined> {
  const { rows } = await scope.query<Kept & { ended: boolean }>(
    'SELECT ended_at IS NOT NULL AS ended, metadata, consent, epochs FROM sessions WHERE session_id = $1::uuid',
    [sessionId],
  );
  return rows[0];
}
