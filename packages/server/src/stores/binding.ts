import type { Queryable } from '../database.ts';

/** The tables' two words for the same speaker. */
export const SPEAKER_OF_ROLE = { user: 'user', assistant: 'bot' } as const;

/** The other way round. */
export const ROLE_OF_SPEAKER = { user: 'user', bot: 'assistant' } as const;

/**
 * A transcript may name its turn by the voice stack's own id alone; a segment that carries the same id tells the turn.
 * Either may come first. Both sides take this lock, so that two that arrive together see each other.
 */
async function lockExternalId(transaction: Queryable, sessionId: string, externalId: string): Promise<void> {
  await transaction.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`${sessionId}/${externalId}`]);
}

/** The turn that a segment of this session and speaker tied to the stack's id, if one came already; else null. */
export async function findTurn(
  transaction: Queryable,
  sessionId: string,
  externalId: string,
  role: keyof typeof SPEAKER_OF_ROLE,
): Promise<string | null> {
  await lockExternalId(transaction, sessionId, externalId);
  const { rows } = await transaction.query<{ turn_id: string }>(
    `SELECT turn_id FROM session_audio_segments
      WHERE session_id = $1::uuid AND external_id = $2 AND speaker = $3 AND turn_id IS NOT NULL
      ORDER BY part, id LIMIT 1`,
    [sessionId, externalId, SPEAKER_OF_ROLE[role]],
  );
  return rows[0]?.turn_id ?? null;
}

/** Gives the transcripts that waited for this turn their `turn_id`. */
export async function bindTranscripts(
  transaction: Queryable,
  sessionId: string,
  externalId: string,
  speaker: keyof typeof ROLE_OF_SPEAKER,
  turnId: string,
): Promise<void> {
  await lockExternalId(transaction, sessionId, externalId);
  await transaction.query(
    `UPDATE session_transcripts SET turn_id = $4::uuid, turn_bound = TRUE, updated_at = now()
      WHERE session_id = $1::uuid AND external_id = $2 AND role = $3 AND NOT turn_bound`,
    [sessionId, externalId, ROLE_OF_SPEAKER[speaker], turnId],
  );
}
