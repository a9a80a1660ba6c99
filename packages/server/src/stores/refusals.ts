import type { Queryable } from '../database.ts';

/** Counts a refusal of something that was sent for a session; of one that is not there nothing is kept. */
export async function countRefusal(database: Queryable, sessionId: string, code: string): Promise<void> {
  await database.query(
    `INSERT INTO session_refusals (session_id, code)
     SELECT session_id, $2 FROM sessions WHERE session_id = $1::uuid
     ON CONFLICT (session_id, code) DO UPDATE SET count = session_refusals.count + 1, last_at = now()`,
    [sessionId, code],
  );
}
