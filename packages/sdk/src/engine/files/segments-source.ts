import type { FileRequest } from '../../core/messages/page-engine.ts';
import type { Speaker } from '../../core/turn.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import type { SegmentWire, SessionWire } from '../../core/wire.ts';
import type { KeptSegmentRow } from '../../storage/rows.ts';
import { listSegments, withAudio } from '../../storage/segments.ts';
import { beganAt, segmentStartMs, segmentsPcm } from './placed-segments.ts';
import { type FileSource, mixOf } from './file-source.ts';

/** The turns' segments on the session's timeline. Between them nothing was kept: it is silence. */
export async function segmentsSource(
  db: TurntapeDatabase,
  session: SessionWire,
  request: FileRequest,
): Promise<FileSource> {
  const rows = (await listSegments(db, session.session_id)).filter((row) => row.byte_size > 0 && !row.unheard_tail);
  const present = await withAudio(
    db,
    rows.map((row) => row.segment_id),
  );
  /** Of a session that ran on a full disk the audio may be gone, when the backend has it; its facts stay. */
  const gapsOf = ({ segment_id, duration_ms, gaps }: KeptSegmentRow): SegmentWire['gaps'] =>
    present.has(segment_id) ? gaps : [{ start_ms: 0, end_ms: duration_ms, cause: 'storage_full' }];
  const rate = request.format === 'opus' ? 48_000 : (request.sampleRate ?? Math.max(8000, ...rows.map(rateOf)));
  const sample = (ms: number): number => Math.round((ms / 1000) * rate);
  const startMs = (row: KeptSegmentRow): number => segmentStartMs(row, session);
  const speaks = (speaker: Speaker, from: number, to: number) =>
    segmentsPcm(
      db,
      session,
      rows.filter((row) => row.speaker === speaker),
      { from, to, rate },
    );
  return {
    rate,
    from: Math.min(0, ...rows.map((row) => sample(startMs(row)))),
    to: Math.max(0, sample(lengthMs(session)), ...rows.map((row) => sample(startMs(row)) + sample(row.duration_ms))),
    startedAt: beganAt(session),
    betweenTurns: 'silence',
    gaps: rows.flatMap((row) =>
      gapsOf(row).map(({ start_ms, end_ms, cause }) => ({
        startMs: startMs(row) + start_ms,
        endMs: startMs(row) + end_ms,
        cause,
        speaker: row.speaker,
      })),
    ),
    marks: rows.flatMap((row) =>
      row.marks.map(({ start_ms, end_ms, kind }) => ({
        startMs: startMs(row) + start_ms,
        endMs: startMs(row) + end_ms,
        kind,
        speaker: row.speaker,
      })),
    ),
    pcm: (channel, from, to) =>
      channel === 'mix' ? mixOf(speaks('user', from, to), speaks('bot', from, to)) : speaks(channel, from, to),
  };
}

const rateOf = (row: KeptSegmentRow): number => row.sample_rate;

/** How long the session was, to the millisecond of its end; 0 while that is not known. */
function lengthMs({ epochs, ended_at }: SessionWire): number {
  const last = epochs.at(-1);
  if (!last || ended_at === null) return 0;
  const { frame, wall_ms } = last.wall_anchor;
  const anchorMs = ((frame + last.session_frame_offset) / last.clock_rate) * 1000;
  return anchorMs + Date.parse(ended_at) - wall_ms;
}
