import * as v from 'valibot';
import type { BlobStore } from '../blob-store.ts';
import type { Database, Queryable } from '../database.ts';
import { flag, uuid, wallTime } from '../wire/scalars.ts';
import { WireError } from '../wire/wire-error.ts';
import { alone } from './session-gate.ts';
import { controlKey, factsFile } from './stored-files.ts';

/** What an operator may say of a session; what is left out stays as it is. */
export const controlSchema = v.strictObject({
  /** Erased by the sweeper after this; null: when the server's own rule says so. */
  delete_after: v.optional(v.nullable(wallTime)),
  /** Nothing of it is deleted while this is true. */
  legal_hold: v.optional(flag),
  /** Nothing more is taken for it. */
  revoked: v.optional(flag),
});

/** A change that has been checked. */
export type ControlChange = v.InferOutput<typeof controlSchema>;

/** What holds for a session now. */
export interface SessionControl {
  session_id: string;
  delete_after: Date | string | null;
  legal_hold: boolean;
  revoked: boolean;
}

/** As it lies in `control.json`. */
export const controlFileSchema = v.object({
  session_id: uuid,
  delete_after: v.nullable(wallTime),
  legal_hold: flag,
  revoked: flag,
});

/** Changes what holds for a session; one that nobody has told of yet gets its row with it. */
export function controlSession(
  database: Database,
  blobs: BlobStore,
  sessionId: string,
  change: ControlChange,
): Promise<SessionControl> {
  return alone(database, sessionId, async (scope) => {
    const { rows: erased } = await scope.query('SELECT 1 FROM deleted_sessions WHERE session_id = $1::uuid', [
      sessionId,
    ]);
    if (erased.length > 0) throw new WireError('gone', 'This session was erased.');
    const now = await readControl(scope, sessionId);
    const next: SessionControl = {
      session_id: sessionId,
      delete_after: change.delete_after === undefined ? now.delete_after : change.delete_after,
      legal_hold: change.legal_hold ?? now.legal_hold,
      revoked: change.revoked ?? now.revoked,
    };
    await blobs.put([factsFile(controlKey(sessionId), next)]);
    await insertControl(scope, next);
    return next;
  });
}

/** Writes what the file says into the row. */
export async function insertControl(scope: Queryable, control: SessionControl): Promise<void> {
  await scope.query(
    `INSERT INTO sessions (session_id, delete_after, legal_hold, revoked_at)
     VALUES ($1::uuid, $2::timestamptz, $3::boolean, CASE WHEN $4::boolean THEN now() END)
     ON CONFLICT (session_id) DO UPDATE SET
       delete_after = excluded.delete_after, legal_hold = excluded.legal_hold,
       revoked_at = CASE WHEN $4::boolean THEN coalesce(sessions.revoked_at, now()) END, updated_at = now(),
       event_id = excluded.event_id`,
    [control.session_id, control.delete_after, control.legal_hold, control.revoked],
  );
}

async function readControl(scope: Queryable, sessionId: string): Promise<Omit<SessionControl, 'session_id'>> {
  const { rows } = await scope.query<Omit<SessionControl, 'session_id'>>(
    `SELECT delete_after, legal_hold, revoked_at IS NOT NULL AS revoked FROM sessions WHERE session_id = $1::uuid`,
    [sessionId],
  );
  return rows[0] ?? { delete_after: null, legal_hold: false, revoked: false };
}
