import type { Queryable } from '../database.ts';

/** What can happen to a session. */
export const EVENT_TYPES = [
  'session_started',
  'session_ended',
  'session_revoked',
  'segment_stored',
  'segment_removed',
  'transcript_stored',
  'recording_stored',
] as const;

/** One thing that happened. */
export interface SessionEvent {
  /** Grows within a session; a whole number as text. */
  id: string;
  type: (typeof EVENT_TYPES)[number];
  /** What is stored now: names and facts of the row, never audio. */
  facts: Record<string, unknown>;
}

/** The events of a session from one on, and whether the session was erased. */
export interface EventPage {
  events: SessionEvent[];
  isErased: boolean;
}

/** Events of one look at the tables: a listener that fell behind is served in several. */
const PAGE = 200;

/**
 * The rows are the events: nothing is kept twice, and who comes back after an hour misses nothing. Of several changes of a
 * session's own facts the last is told; a segment that has gone is told as gone.
 */
const EVENTS = `
  SELECT event_id::text AS id, type, facts FROM (
    SELECT event_id,
           CASE WHEN revoked_at IS NOT NULL THEN 'session_revoked' WHEN ended_at IS NOT NULL THEN 'session_ended'
                ELSE 'session_started' END AS type,
           jsonb_build_object('session_id', session_id, 'state', state, 'started_at', started_at, 'ended_at', ended_at,
             'end_reason', end_reason, 'revoked', revoked_at IS NOT NULL, 'legal_hold', legal_hold) AS facts
      FROM sessions WHERE session_id = $1::uuid AND event_id > $2::bigint
    UNION ALL
    SELECT event_id, 'segment_stored',
           jsonb_build_object('segment_id', segment_id, 'turn_id', turn_id, 'part', part, 'is_last', is_last,
             'speaker', speaker, 'format', format, 'duration_ms', duration_ms, 'byte_size', byte_size,
             'started_at', started_at, 'ended_at', ended_at, 'interrupted', interrupted,
             'interruption_cause', interruption_cause, 'end_reason', end_reason, 'heard_ms', heard_ms,
             'unheard', unheard_tail IS NOT NULL, 'replaces', replaces)
      FROM session_audio_segments WHERE session_id = $1::uuid AND event_id > $2::bigint AND replaced_by IS NULL
    UNION ALL
    SELECT event_id, 'segment_removed', jsonb_build_object('segment_id', segment_id, 'replaced_by', replaced_by)
      FROM removed_segments WHERE session_id = $1::uuid AND event_id > $2::bigint
    UNION ALL
    SELECT r.event_id, 'transcript_stored',
           jsonb_build_object('transcript_id', r.transcript_id, 'revision', r.revision,
             'turn_id', CASE WHEN t.turn_bound THEN t.turn_id END, 'role', t.role, 'text', r.text,
             'heard_text', r.heard_text, 'language', r.language, 'confidence', r.confidence, 'interrupted', r.interrupted,
             'occurred_at', t.occurred_at)
      FROM session_transcript_revisions r JOIN session_transcripts t USING (session_id, transcript_id)
     WHERE r.session_id = $1::uuid AND r.event_id > $2::bigint
    UNION ALL
    SELECT event_id, 'recording_stored',
           jsonb_build_object('recording_id', recording_id, 'recording_source', recording_source,
             'recording_type', recording_type, 'format', format, 'duration_ms', duration_ms, 'byte_size', byte_size)
      FROM session_recordings WHERE session_id = $1::uuid AND event_id > $2::bigint AND status = 'completed') happened
  ORDER BY event_id LIMIT ${PAGE}`;

/** What happened to a session after this event, the earliest first. */
export async function listEvents(database: Queryable, sessionId: string, after: string): Promise<EventPage> {
  const { rows: events } = await database.query<SessionEvent>(EVENTS, [sessionId, after]);
  if (events.length > 0) return { events, isErased: false };
  const { rows } = await database.query('SELECT 1 FROM deleted_sessions WHERE session_id = $1::uuid', [sessionId]);
  return { events, isErased: rows.length > 0 };
}

/** The last event that any session has had: what comes after it is new. */
export async function lastEvent(database: Queryable): Promise<string> {
  const { rows } = await database.query<{ id: string }>(
    'SELECT CASE WHEN is_called THEN last_value ELSE 0 END::text AS id FROM turntape_event_id',
  );
  return rows[0]?.id ?? '0';
}
