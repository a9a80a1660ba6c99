import type { Queryable } from '../database.ts';
import { findSession } from './playback.ts';

/** A range of a session's time that holds something. All times are milliseconds from the start of the session. */
interface Span {
  start_ms: number;
  end_ms: number;
}

/** A segment on the timeline. */
export interface TimelineSegment extends Span {
  segment_id: string | null;
  turn_id: string | null;
  part: number;
  speaker: 'user' | 'bot';
  interrupted: boolean;
  interruption_cause: string | null;
  end_reason: string | null;
  overlaps_turn_id: string | null;
  heard_ms: number | null;
  response_latency_ms: number | null;
}

/** A stretch that is missing or silent, of one speaker's track. */
export interface TimelineHole extends Span {
  speaker: 'user' | 'bot';
  what: 'gap' | 'mark';
  /** Why: `blocks_lost`, `muted`, `redacted`. */
  reason: string;
}

/** What was said, when. */
export interface TimelineWords {
  at_ms: number;
  transcript_id: string | null;
  turn_id: string | null;
  role: 'user' | 'assistant';
  text: string;
  /** What of it was heard. Null: not known. */
  heard_text: string | null;
  confidence: number | null;
}

/** A whole session on one axis. */
export interface Timeline {
  session_id: string;
  started_at: Date | null;
  duration_ms: number;
  /** The most that were heard at the same instant: 0, 1 or 2. */
  concurrent_speakers: number;
  segments: TimelineSegment[];
  holes: TimelineHole[];
  words: TimelineWords[];
}

type Row = Omit<TimelineSegment, 'end_ms'> & {
  duration_ms: number;
  gaps: { start_ms: number; end_ms: number; cause: string }[];
  marks: { start_ms: number; end_ms: number; kind: string }[];
};

/** Where a session's time begins: as it was told, or with the first that is known of it. */
const ZERO = `(SELECT coalesce(s.started_at,
    (SELECT min(started_at) FROM session_audio_segments WHERE session_id = s.session_id),
    (SELECT min(occurred_at) FROM session_transcripts WHERE session_id = s.session_id))
  FROM sessions s WHERE s.session_id = $1::uuid)`;

/** Everything that is known of a session, by its place in time; undefined when there is no such session. */
export async function buildTimeline(database: Queryable, sessionId: string): Promise<Timeline | undefined> {
  const session = await findSession(database, sessionId);
  if (session === undefined) return undefined;
  const { rows } = await database.query<Row>(
    `SELECT (extract(epoch FROM started_at - ${ZERO}) * 1000)::float8 AS start_ms, duration_ms,
            segment_id, turn_id, part, speaker, interrupted, interruption_cause, end_reason, overlaps_turn_id,
            heard_ms, response_latency_ms, gaps, marks
       FROM session_audio_segments
      WHERE session_id = $1::uuid AND replaced_by IS NULL AND unheard_tail IS NULL
      ORDER BY started_at, part, id`,
    [sessionId],
  );
  const { rows: words } = await database.query<TimelineWords>(
    `SELECT (extract(epoch FROM occurred_at - ${ZERO}) * 1000)::float8 AS at_ms, transcript_id,
            CASE WHEN turn_bound THEN turn_id END AS turn_id, role, text, heard_text, confidence
       FROM session_transcripts WHERE session_id = $1::uuid ORDER BY occurred_at, id`,
    [sessionId],
  );
  const segments = rows.map(segmentOf);
  const last = Math.max(0, ...segments.map(({ end_ms: endMs }) => endMs), ...words.map(({ at_ms: atMs }) => atMs));
  return {
    session_id: sessionId,
    started_at: session.started_at,
    duration_ms: session.duration_secs === null ? last : Math.max(last, session.duration_secs * 1000),
    concurrent_speakers: concurrentSpeakers(segments),
    segments,
    holes: rows.flatMap(holesOf),
    words,
  };
}

/** Counted where a segment begins: there, and nowhere else, one more can be heard. */
function concurrentSpeakers(segments: readonly TimelineSegment[]): number {
  const heard = segments.filter(({ start_ms: start, end_ms: end }) => end > start);
  const at = heard.map(({ start_ms: now }) => {
    const there = heard.filter(({ start_ms: start, end_ms: end }) => start <= now && now < end);
    return new Set(there.map(({ speaker }) => speaker)).size;
  });
  return Math.max(0, ...at);
}

function segmentOf(row: Row): TimelineSegment {
  const { duration_ms: durationMs, gaps: _, marks: __, ...segment } = row;
  return { ...segment, end_ms: segment.start_ms + durationMs };
}

/** Gaps and marks of a segment count from the start of its file. */
function holesOf({ start_ms: at, speaker, gaps, marks }: Row): TimelineHole[] {
  const place = ({ start_ms: start, end_ms: end }: Span) => ({ start_ms: at + start, end_ms: at + end, speaker });
  return [
    ...gaps.map((gap) => ({ ...place(gap), what: 'gap' as const, reason: gap.cause })),
    ...marks.map((mark) => ({ ...place(mark), what: 'mark' as const, reason: mark.kind })),
  ];
}
