import type { Queryable } from '../database.ts';
import type { MetadataFilter } from '../wire/query.ts';
import { SESSIONS, type SessionRow } from './playback.ts';

/** Which sessions are asked for. */
export interface SessionListQuery {
  limit: number;
  after?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  state?: string | undefined;
  interrupted?: boolean | undefined;
  metadata: MetadataFilter;
}

/** One page of the list. */
export interface SessionPage {
  sessions: SessionRow[];
  /** For the page after this; null on the last. */
  next: string | null;
}

/** The newest sessions first, of one session only unless `sessionId` is null. */
export async function listSessions(
  database: Queryable,
  query: SessionListQuery,
  sessionId: string | null,
): Promise<SessionPage> {
  const [beganAt = null, afterId = null] = query.after?.split('~') ?? [];
  const { rows } = await database.query<SessionRow & { listed_at: Date }>(
    `${SESSIONS}
      WHERE ($1::uuid IS NULL OR s.session_id = $1::uuid)
        AND ($2::timestamptz IS NULL OR coalesce(s.started_at, s.created_at) < $2::timestamptz
             OR (coalesce(s.started_at, s.created_at) = $2::timestamptz AND s.session_id > $3::uuid))
        AND ($4::timestamptz IS NULL OR coalesce(s.started_at, s.created_at) >= $4::timestamptz)
        AND ($5::timestamptz IS NULL OR coalesce(s.started_at, s.created_at) < $5::timestamptz)
        AND ($6::text IS NULL OR s.state = $6::text)
        AND ($7::boolean IS NULL OR (a.interrupted > 0) = $7::boolean)
        AND s.metadata @> $8::jsonb
      ORDER BY coalesce(s.started_at, s.created_at) DESC, s.session_id LIMIT $9`,
    [
      sessionId,
      beganAt,
      afterId,
      query.from ?? null,
      query.to ?? null,
      query.state ?? null,
      query.interrupted ?? null,
      JSON.stringify(query.metadata),
      query.limit + 1,
    ],
  );
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  const next =
    rows.length > query.limit && last !== undefined ? `${last.listed_at.toISOString()}~${last.session_id}` : null;
  return { sessions: page.map(withoutPlace), next };
}

/** Less what the list is ordered by. */
function withoutPlace(row: SessionRow & { listed_at?: Date }): SessionRow {
  const { listed_at: _, ...session } = row;
  return session;
}
