import type { Queryable, Scope, Database } from '../database.ts';
import { SESSION_KEY } from '../live/session-news.ts';
import { WireError } from '../wire/wire-error.ts';

/** What a client may add to a session, in all. */
export interface Quota {
  maxSegments: number;
  maxBytes: number;
}

/** When nobody set a limit: the operator's own token. */
export const NO_QUOTA: Quota = Object.freeze({ maxSegments: Infinity, maxBytes: Infinity });

/** What stands in the way of adding to a session, and what it holds. */
export interface SessionGate {
  legalHold: boolean;
  segments: number;
  bytes: number;
}

/**
 * Everything that changes a session does so alone, whichever process it is in: two posts of one segment, a post and an
 * erasure, a quota and the segment that reaches it.
 */
export function alone<Result>(
  database: Database,
  sessionId: string,
  work: (scope: Scope) => Promise<Result>,
): Promise<Result> {
  return database.exclusively(`${SESSION_KEY}${sessionId}`, work);
}

/** What a session ($1) holds, for its quota: segments and the recordings that others made. To be followed by a name. */
export const HELD = `(
  SELECT sum(n)::integer AS segments, sum(bytes)::float8 AS bytes FROM (
    SELECT count(*) AS n, coalesce(sum(byte_size), 0) AS bytes
      FROM session_audio_segments WHERE session_id = $1::uuid
    UNION ALL
    SELECT count(*), coalesce(sum(byte_size), 0)
      FROM session_recordings WHERE session_id = $1::uuid AND recording_source <> 'derived') kinds)`;

/** Whether a session is on legal hold. Asked alone with the session, before anything is deleted: a hold may have come meanwhile. */
export async function isHeld(scope: Queryable, sessionId: string): Promise<boolean> {
  const { rows } = await scope.query<{ legal_hold: boolean }>(
    'SELECT legal_hold FROM sessions WHERE session_id = $1::uuid',
    [sessionId],
  );
  return rows[0]?.legal_hold === true;
}

/** Refuses to delete anything of a session on legal hold. */
export async function refuseHeld(scope: Queryable, sessionId: string): Promise<void> {
  if (await isHeld(scope, sessionId))
    throw new WireError('on_hold', 'Its session is on legal hold; lift the hold first.');
}

/** Refuses what is sent for a session that was erased or closed by its operator. */
export async function passGate(scope: Queryable, sessionId: string): Promise<void> {
  const { rows } = await scope.query<{ deleted: boolean; revoked: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM deleted_sessions WHERE session_id = $1::uuid) AS deleted,
            EXISTS (SELECT 1 FROM sessions WHERE session_id = $1::uuid AND revoked_at IS NOT NULL) AS revoked`,
    [sessionId],
  );
  if (rows[0] === undefined) throw new Error('The gate of a session gave no row.');
  refuseClosed(rows[0]);
}

/** What a gate's row says of a session that takes nothing more. */
export function refuseClosed({ deleted, revoked }: { deleted: boolean; revoked: boolean }): void {
  if (deleted) throw new WireError('gone', 'This session was erased; nothing more is taken for it.');
  if (revoked) throw new WireError('forbidden', 'This session was closed; nothing more is taken for it.');
}

/** Refuses a file that the token's quota has no room for. A fresh token may have more. */
export function checkQuota(gate: Pick<SessionGate, 'segments' | 'bytes'>, byteSize: number, quota: Quota): void {
  if (gate.segments + 1 > quota.maxSegments)
    throw new WireError('quota_exceeded', `The token allows ${quota.maxSegments} segments in this session.`);
  if (gate.bytes + byteSize > quota.maxBytes)
    throw new WireError('quota_exceeded', `The token allows ${quota.maxBytes} bytes in this session.`);
}
