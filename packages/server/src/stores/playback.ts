import { isAudioFormat, type AudioFormat } from '../audio-format.ts';
import type { Queryable } from '../database.ts';
import { ROLE_OF_SPEAKER } from './binding.ts';
import { storedAudioKey, type SegmentName } from './stored-files.ts';

/** A session in the list: its facts and what is stored of it. */
export interface SessionRow {
  session_id: string;
  started_at: Date | null;
  ended_at: Date | null;
  duration_secs: number | null;
  finish_reason: string | null;
  end_reason: string | null;
  state: string | null;
  metadata: Record<string, unknown>;
  consent: Record<string, unknown> | null;
  epochs: unknown[];
  /** Erased after this; null: by the server's own rule. */
  delete_after: Date | null;
  /** Nothing of it is deleted. */
  legal_hold: boolean;
  /** Nothing more is taken for it. */
  revoked: boolean;
  segments: number;
  transcripts: number;
  interrupted: number;
  /** Of whom there is no audio; of a session that runs: not yet. */
  empty_tracks: ('user' | 'bot')[];
  audio_ms: number;
  bytes: number;
  /** How often something sent for it was refused, by code. */
  refused: Record<string, number>;
}

/** Every session with what is stored of it; a WHERE may follow. */
export const SESSIONS = `
  SELECT s.session_id, s.started_at, s.ended_at, s.duration_secs, s.finish_reason, s.end_reason, s.state,
         s.metadata, s.consent, s.epochs, s.delete_after, s.legal_hold, s.revoked_at IS NOT NULL AS revoked,
         coalesce(s.started_at, s.created_at) AS listed_at,
         a.segments, a.interrupted, a.empty_tracks, a.audio_ms, a.bytes, t.transcripts, r.refused
    FROM sessions s
    CROSS JOIN LATERAL (
      SELECT count(*)::integer AS segments, count(*) FILTER (WHERE interrupted)::integer AS interrupted,
             array_remove(ARRAY[CASE WHEN count(*) FILTER (WHERE speaker = 'user' AND byte_size > 0) = 0 THEN 'user' END,
                                CASE WHEN count(*) FILTER (WHERE speaker = 'bot' AND byte_size > 0) = 0 THEN 'bot' END],
                          NULL) AS empty_tracks,
             coalesce(sum(duration_ms), 0)::float8 AS audio_ms, coalesce(sum(byte_size), 0)::float8 AS bytes
        FROM session_audio_segments
       WHERE session_id = s.session_id AND unheard_tail IS NULL AND replaced_by IS NULL) a
    CROSS JOIN LATERAL (
      SELECT count(*)::integer AS transcripts FROM session_transcripts WHERE session_id = s.session_id) t
    CROSS JOIN LATERAL (
      SELECT coalesce(jsonb_object_agg(code, count), '{}') AS refused
        FROM session_refusals WHERE session_id = s.session_id) r`;

/** One session, or undefined. */
export async function findSession(database: Queryable, sessionId: string): Promise<SessionRow | undefined> {
  const { rows } = await database.query<SessionRow & { listed_at: Date }>(`${SESSIONS} WHERE s.session_id = $1::uuid`, [
    sessionId,
  ]);
  if (rows[0] === undefined) return undefined;
  const { listed_at: _, ...session } = rows[0];
  return session;
}

/** One line of a session: words, audio, or both, joined by the turn. */
export interface TurnRow {
  turn_id: string | null;
  role: 'user' | 'assistant';
  text: string | null;
  /** What of the text was heard. Null: not known, or nobody asked. */
  heard_text: string | null;
  /** Of the transcript's words that in which the sound ended; null: it was not cut, or between words. */
  cut_word: number | null;
  language: string | null;
  /** What the audio says, or what the transcript says where there is no audio. */
  interrupted: boolean;
  transcript_interrupted: boolean | null;
  audio_interrupted: boolean | null;
  interruption_cause: string | null;
  end_reason: string | null;
  occurred_at: Date;
  segment_id: string | null;
  part: number | null;
  is_last: boolean | null;
  utterance_ids: string[] | null;
  /** As in the row: a path or an object's URI. */
  audio_url: string | null;
  format: string | null;
  duration_ms: number | null;
  byte_size: number | null;
  sha256: string | null;
  started_at: Date | null;
  ended_at: Date | null;
  rendered_ms: number | null;
  heard_ms: number | null;
  generated_ms: number | null;
  speech_onset_ms: number | null;
  response_latency_ms: number | null;
  transcript_id: string | null;
  revision: number | null;
  confidence: number | null;
  /** Not a turn: what was generated for an utterance that was cut and that nobody heard. Null for every turn. */
  unheard_tail: Record<string, unknown> | null;
  /** Its place on the capture clock: with the session's `epochs` that on the timeline, to the frame. */
  clock_epoch: number | null;
  start_frame: number | null;
  /** What is missing of the file and what is silent on purpose, from its start. */
  gaps: unknown[] | null;
  marks: unknown[] | null;
  /** How it sounds: {@link AudioQuality}; null: not measured. */
  quality: Record<string, unknown> | null;
  /** True: the file is sealed, and only who has the key opens it. */
  sealed: boolean | null;
}

/** Which lines of the playback list are asked for; all of them when nothing is said. */
export interface TurnFilter {
  speaker?: 'user' | 'bot' | undefined;
  interrupted?: boolean | undefined;
  from?: string | undefined;
  to?: string | undefined;
  turn_id?: string | undefined;
  /** Also what nobody heard. */
  unheard?: boolean | undefined;
}

/**
 * The playback list: the documented LEFT JOIN, and beside it the segments that have no transcript. A turn of several
 * parts or several transcripts has a line for each pair, as it has there. What nobody heard is no line unless it is asked for.
 */
export async function listTurns(
  database: Queryable,
  sessionId: string,
  { speaker, interrupted, from, to, turn_id: turnId, unheard = false }: TurnFilter = {},
): Promise<TurnRow[]> {
  const { rows } = await database.query<TurnRow>(
    `SELECT * FROM (
     SELECT CASE WHEN t.turn_bound IS NOT FALSE THEN coalesce(a.turn_id, t.turn_id) END AS turn_id,
            coalesce(t.role, CASE a.speaker WHEN 'bot' THEN 'assistant' ELSE 'user' END) AS role,
            t.text, t.heard_text, t.cut_word, t.language, t.transcript_id, t.revision, t.confidence,
            coalesce(a.interrupted, t.interrupted) AS interrupted,
            t.interrupted AS transcript_interrupted, a.interrupted AS audio_interrupted,
            a.interruption_cause, a.end_reason, coalesce(t.occurred_at, a.started_at) AS occurred_at,
            a.segment_id, a.part, a.is_last, a.utterance_ids, a.audio_url, a.format, a.duration_ms,
            a.byte_size::float8 AS byte_size, a.sha256, a.started_at, a.ended_at,
            a.rendered_ms, a.heard_ms, a.generated_ms, a.speech_onset_ms, a.response_latency_ms,
            a.unheard_tail, a.clock_epoch, a.start_frame::float8 AS start_frame, a.gaps, a.marks, a.quality,
            a.capture -> 'sealed' IS NOT NULL AND a.segment_id IS NOT NULL AS sealed
       FROM (SELECT * FROM session_transcripts WHERE session_id = $1::uuid) t
       FULL JOIN (SELECT * FROM session_audio_segments WHERE session_id = $1::uuid AND replaced_by IS NULL
                     AND (unheard_tail IS NULL OR $7::boolean)) a
         ON a.turn_id = t.turn_id
      ORDER BY occurred_at, a.part, t.id, a.id) line
      WHERE ($2::text IS NULL OR role = $2::text) AND ($3::boolean IS NULL OR interrupted = $3::boolean)
        AND ($4::timestamptz IS NULL OR occurred_at >= $4::timestamptz)
        AND ($5::timestamptz IS NULL OR occurred_at < $5::timestamptz)
        AND ($6::uuid IS NULL OR turn_id = $6::uuid)`,
    [
      sessionId,
      speaker === undefined ? null : ROLE_OF_SPEAKER[speaker],
      interrupted ?? null,
      from ?? null,
      to ?? null,
      turnId ?? null,
      unheard,
    ],
  );
  return rows;
}

/** Where a segment's file is, by facts of the row that were checked when it was written. */
export interface SegmentFile {
  session_id: string;
  segment_id: string;
  format: AudioFormat;
  key: string;
}

/** The file of a segment; undefined when it has no audio, or is not there, or not of this session (null: of any). */
export async function findSegmentFile(
  database: Queryable,
  segmentId: string,
  sessionId: string | null,
): Promise<SegmentFile | undefined> {
  const { rows } = await database.query<SegmentName & { format: string; audio_key: string | null }>(
    `SELECT session_id, segment_id, format, audio_key FROM session_audio_segments
      WHERE segment_id = $1::uuid AND byte_size > 0 AND ($2::uuid IS NULL OR session_id = $2::uuid)`,
    [segmentId, sessionId],
  );
  const row = rows[0];
  if (row === undefined || !isAudioFormat(row.format)) return undefined;
  const { session_id, segment_id, format } = row;
  return { session_id, segment_id, format, key: storedAudioKey(row, format) };
}

/** Which session a segment is of, and whether that is on hold. */
export async function findSegmentSession(
  database: Queryable,
  segmentId: string,
  sessionId: string | null,
): Promise<{ segment_id: string; session_id: string } | undefined> {
  const { rows } = await database.query<{ segment_id: string; session_id: string }>(
    `SELECT segment_id, session_id FROM session_audio_segments
      WHERE segment_id = $1::uuid AND ($2::uuid IS NULL OR session_id = $2::uuid)`,
    [segmentId, sessionId],
  );
  return rows[0];
}
