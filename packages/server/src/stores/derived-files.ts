import { randomUUID } from 'node:crypto';
import { isAudioFormat, type AudioFormat } from '../audio-format.ts';
import type { Queryable } from '../database.ts';
import { insertInto } from './insert-into.ts';

/** What can be made of a session: left the user and right the bot, both in one, or one speaker's track. */
export const DERIVED_LAYOUTS = ['stereo', 'mono', 'user', 'bot'] as const;

/** One of {@link DERIVED_LAYOUTS}. */
export type DerivedLayout = (typeof DERIVED_LAYOUTS)[number];

/** A segment with audio, and where it lies on the session's timeline. */
export interface Master {
  session_id: string;
  segment_id: string;
  speaker: 'user' | 'bot';
  format: AudioFormat;
  /** Null: where audio lies when nobody says. */
  audio_key: string | null;
  duration_ms: number;
  /** From the start of the session. */
  offset_ms: number;
  /** Only who has the key can read it. */
  sealed: boolean;
}

/** A number of the first epoch, null when it is none, or none that a clock has: what an app sends as an epoch is not looked at. */
const ofFirstEpoch = (...path: string[]) => {
  const value = `s.epochs #> '{0,${path.join(',')}}'`;
  return `CASE WHEN jsonb_typeof(${value}) = 'number' AND abs((${value})::numeric) < 1e15 THEN (${value})::float8 END`;
};

/** Wall time at which the timeline of a session's epochs begins, in milliseconds; null when they do not say. */
const BEGAN_MS = `(${ofFirstEpoch('wall_anchor', 'wall_ms')})
    - ((${ofFirstEpoch('wall_anchor', 'frame')}) + (${ofFirstEpoch('session_frame_offset')}))
      / nullif(${ofFirstEpoch('clock_rate')}, 0) * 1000`;

/** A timeline that begins so much after its session is that of a later run: the start of one takes some milliseconds. */
const LATER_RUN_MS = 500;

/**
 * The segments of a session that a listener hears, in order. Their place comes from the capture clock where the session
 * told its epochs; else from wall times, which are right to the millisecond. A page that was reloaded goes on with its session
 * under a timeline of its own: what was spoken before has its place by the wall clock, and that timeline begins later.
 */
export async function listMasters(scope: Queryable, sessionId: string): Promise<Master[]> {
  const { rows } = await scope.query<Omit<Master, 'format'> & { format: string }>(
    `SELECT a.session_id, a.segment_id, a.speaker, a.format, a.audio_key, a.duration_ms,
            a.capture -> 'sealed' IS NOT NULL AS sealed,
            coalesce(
              CASE WHEN run.later_ms > 0 AND extract(epoch FROM a.ended_at) * 1000 <= run.began_ms THEN NULL
                   ELSE ((a.start_frame + (e.epoch ->> 'session_frame_offset')::float8) / nullif(a.clock_rate, 0)) * 1000
                        + run.later_ms END,
              extract(epoch FROM a.started_at - coalesce(s.started_at, min(a.started_at) OVER ())) * 1000
            )::float8 AS offset_ms
       FROM session_audio_segments a
       JOIN sessions s USING (session_id)
       CROSS JOIN LATERAL (SELECT ${BEGAN_MS} AS began_ms) began
       CROSS JOIN LATERAL (
         SELECT began_ms, CASE WHEN began_ms - extract(epoch FROM s.started_at) * 1000 > ${LATER_RUN_MS}
                               THEN began_ms - extract(epoch FROM s.started_at) * 1000 ELSE 0 END::float8 AS later_ms) run
       LEFT JOIN LATERAL (
         SELECT epoch FROM jsonb_array_elements(s.epochs) AS listed (epoch)
          WHERE (epoch ->> 'epoch')::integer = a.clock_epoch LIMIT 1) e ON TRUE
      WHERE a.session_id = $1::uuid AND a.byte_size > 0 AND a.segment_id IS NOT NULL AND a.replaced_by IS NULL
        AND a.unheard_tail IS NULL
      ORDER BY offset_ms, a.segment_id`,
    [sessionId],
  );
  return rows.flatMap((row) => (isAudioFormat(row.format) ? [{ ...row, format: row.format }] : []));
}

/** A file that was made from a session's segments. */
export interface DerivedFile {
  recording_id: string;
  session_id: string;
  layout: DerivedLayout;
  format: AudioFormat;
  status: 'recording' | 'completed' | 'failed';
  duration_ms: number | null;
  byte_size: number | null;
  sha256: string | null;
}

const INSERT = insertInto('session_recordings', {
  recording_id: 'uuid',
  session_id: 'uuid',
  recording_source: 'text',
  recording_type: 'text',
  layout: 'text',
  file_path: 'text',
  format: 'text',
  status: 'text',
  sample_rate: 'integer',
  num_channels: 'smallint',
  duration_ms: 'float8',
  byte_size: 'bigint',
  sha256: 'text',
});

/** The words that older systems ask for. */
const RECORDING_TYPE = { stereo: 'mixed', mono: 'mixed', user: 'user', bot: 'assistant' } as const;

/** What a stored file is. */
export interface DerivedFacts {
  session_id: string;
  layout: DerivedLayout;
  format: AudioFormat;
  file_path: string;
  sample_rate: number;
  num_channels: number;
  duration_ms: number;
  byte_size: number;
  sha256: string;
}

/** Writes the row of a file that is stored; made again, it keeps its id. */
export async function storeDerived(scope: Queryable, facts: DerivedFacts): Promise<void> {
  await scope.query(
    `${INSERT.text}
     ON CONFLICT (session_id, layout, format) WHERE recording_source = 'derived' DO UPDATE SET
       status = excluded.status, file_path = excluded.file_path, duration_ms = excluded.duration_ms,
       byte_size = excluded.byte_size, sha256 = excluded.sha256, updated_at = now()`,
    INSERT.params({
      ...facts,
      recording_id: randomUUID(),
      recording_source: 'derived',
      recording_type: RECORDING_TYPE[facts.layout],
      status: 'completed',
    }),
  );
}

const COLUMNS = `recording_id, session_id, layout, format, status, duration_ms, byte_size::float8 AS byte_size, sha256`;

/** The files that were made of a session. */
export async function listDerived(scope: Queryable, sessionId: string): Promise<DerivedFile[]> {
  const { rows } = await scope.query<DerivedFile>(
    `SELECT ${COLUMNS} FROM session_recordings
      WHERE session_id = $1::uuid AND recording_source = 'derived' ORDER BY layout, format`,
    [sessionId],
  );
  return rows;
}
