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
        AND unheard_tail IS NULL
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

/**
 * How far a transcript's time may lie from a segment and still be of its turn, in milliseconds. Recognisers name the
 * time at which they were done, up to about a second after the speech ended.
 */
const NEAR_MS = 1500;

/**
 * Gives the transcripts that know only their session and time the turn of the nearest segment of their speaker. A
 * better one may still come, so this is asked again with every segment.
 */
export async function bindByTime(
  transaction: Queryable,
  sessionId: string,
  speaker: keyof typeof ROLE_OF_SPEAKER,
): Promise<void> {
  await transaction.query(
    `UPDATE session_transcripts t SET turn_id = near.turn_id, turn_bound = TRUE, updated_at = now()
       FROM session_transcripts mine
       CROSS JOIN LATERAL (
         SELECT turn_id FROM session_audio_segments
          WHERE session_id = $1::uuid AND speaker = $3 AND turn_id IS NOT NULL AND unheard_tail IS NULL
            AND started_at - $4::float8 * interval '1 millisecond' <= mine.occurred_at
            AND ended_at + $4::float8 * interval '1 millisecond' >= mine.occurred_at
          ORDER BY greatest(started_at - mine.occurred_at, mine.occurred_at - ended_at, interval '0'), started_at DESC
          LIMIT 1) near
      WHERE mine.session_id = $1::uuid AND mine.bound_by = 'time' AND mine.role = $2
        AND t.id = mine.id AND (NOT t.turn_bound OR t.turn_id <> near.turn_id)`,
    [sessionId, ROLE_OF_SPEAKER[speaker], speaker, NEAR_MS],
  );
}
