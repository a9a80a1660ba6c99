import type { Queryable, Statement } from '../database.ts';
import type { SegmentFacts } from '../wire/segment.ts';
import { HELD, refuseClosed, type Quota, type SessionGate } from './session-gate.ts';

/** A {@link SessionGate}, and what is there of one segment. */
export interface SegmentGate extends SessionGate {
  /** What is stored under the segment's id; undefined: nothing. */
  known: { sessionId: string; sha256: string | null; audioUrl: string } | undefined;
  /** It was replaced or deleted. */
  isRemoved: boolean;
  /** There are words that may be of its turn. */
  wordsWait: boolean;
}

interface GateRow {
  deleted: boolean;
  revoked: boolean;
  legal_hold: boolean;
  segments: number;
  bytes: number;
  known_session_id: string | null;
  known_sha256: string | null;
  known_audio_url: string | null;
  removed: boolean;
  words_wait: boolean;
}

/** Everything that is asked before a segment is stored, as one statement: each is a round trip to the database. */
const GATE: Statement = {
  name: 'segment_gate',
  text: `
  SELECT EXISTS (SELECT 1 FROM deleted_sessions WHERE session_id = $1::uuid) AS deleted,
         coalesce(s.revoked_at IS NOT NULL, FALSE) AS revoked, coalesce(s.legal_hold, FALSE) AS legal_hold,
         coalesce(held.segments, 0) AS segments, coalesce(held.bytes, 0) AS bytes,
         known.session_id AS known_session_id, known.sha256 AS known_sha256, known.audio_url AS known_audio_url,
         EXISTS (SELECT 1 FROM removed_segments WHERE segment_id = $2::uuid) AS removed,
         EXISTS (SELECT 1 FROM session_transcripts
                  WHERE session_id = $1::uuid AND (bound_by = 'time' OR NOT turn_bound)) AS words_wait
    FROM (SELECT 1) one
    LEFT JOIN sessions s ON s.session_id = $1::uuid
    LEFT JOIN session_audio_segments known ON known.segment_id = $2::uuid
    -- Who has no quota is not counted.
    LEFT JOIN LATERAL ${HELD} held ON $3::boolean`,
};

/** Refuses what is sent for a session that was erased or closed by its operator; tells the rest. */
export async function passSegmentGate(
  scope: Queryable,
  { session_id: sessionId, segment_id: segmentId }: SegmentFacts,
  { maxSegments, maxBytes }: Quota,
): Promise<SegmentGate> {
  const isCounted = Number.isFinite(maxSegments) || Number.isFinite(maxBytes);
  const { rows } = await scope.query<GateRow>(GATE, [sessionId, segmentId, isCounted]);
  const row = rows[0];
  if (row === undefined) throw new Error('The gate of a segment gave no row.');
  refuseClosed(row);
  return {
    legalHold: row.legal_hold,
    segments: row.segments,
    bytes: row.bytes,
    known:
      row.known_session_id === null
        ? undefined
        : { sessionId: row.known_session_id, sha256: row.known_sha256, audioUrl: row.known_audio_url ?? '' },
    isRemoved: row.removed,
    wordsWait: row.words_wait,
  };
}
