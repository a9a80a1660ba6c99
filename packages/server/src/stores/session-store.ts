import type { BlobStore } from '../blob-store.ts';
import type { Database } from '../database.ts';
import { OneAtATime } from '../one-at-a-time.ts';
import type { SessionFacts } from '../wire/session.ts';
import { insertInto } from './insert-into.ts';
import type { Stored } from './segment-store.ts';
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
    ${FACTS.map((name) => `${name} = excluded.${name}`).join(', ')}, schema = excluded.schema, updated_at = now()
  WHERE (${listed('sessions')}) IS DISTINCT FROM (${listed('excluded')})
    AND (sessions.ended_at IS NULL OR excluded.ended_at IS NOT NULL)
  RETURNING session_id`;

/** Sessions: the facts in a file, then the row. */
export class SessionStore {
  readonly #database: Database;
  readonly #blobs: BlobStore;
  readonly #posts = new OneAtATime();

  constructor(database: Database, blobs: BlobStore) {
    this.#database = database;
    this.#blobs = blobs;
  }

  /** Stores what is new in a session's facts, or finds that they are there. */
  async put(facts: SessionFacts): Promise<Stored<SessionReceipt>> {
    const receipt = { session_id: facts.session_id };
    return this.#posts.run(facts.session_id, async () => {
      if (facts.ended_at === null && (await this.#hasEnded(facts.session_id))) return { isNew: false, receipt };
      await this.#blobs.put([factsFile(sessionFactsKey(facts.session_id), facts)]);
      const finishReason = facts.end_reason === null ? null : FINISH_REASON[facts.end_reason];
      const { rows } = await this.#database.query(UPSERT, INSERT.params({ ...facts, finish_reason: finishReason }));
      return { isNew: rows.length > 0, receipt };
    });
  }

  async #hasEnded(sessionId: string): Promise<boolean> {
    const { rows } = await this.#database.query(
      'SELECT 1 FROM sessions WHERE session_id = $1::uuid AND ended_at IS NOT NULL',
      [sessionId],
    );
    return rows.length > 0;
  }
}
