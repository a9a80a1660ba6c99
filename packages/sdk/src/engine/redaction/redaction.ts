import { silenceFile } from '../../codecs/silence.ts';
import { TurntapeError } from '../../core/errors.ts';
import type { RedactedSegment, RedactionRange, RedactionResult } from '../../core/redaction.ts';
import type { Speaker } from '../../core/turn.ts';
import type { SegmentWire, SessionWire } from '../../core/wire.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import { rewriteSegment } from '../../storage/redact.ts';
import { listSegments, readAudio, readKeptSegment } from '../../storage/segments.ts';
import { type KeptSegmentRow, toSegmentWire } from '../../storage/rows.ts';
import { readSession } from '../../storage/sessions.ts';
import { UPLOADER_LOCK } from '../../upload-contract/uploader-lock.ts';
import { segmentStartMs } from '../files/placed-segments.ts';
import type { MarkLedger } from '../turns/mark-ledger.ts';
import { redactSessionFile } from './redact-session-file.ts';
import type { Segmenter } from '../keeping/segmenter.ts';
import type { SessionFile } from '../session-file/session-file.ts';
import type { SessionClock } from '../capture/session-clock.ts';
import { sha256Hex } from '../keeping/sha256.ts';
import type { Track } from '../capture/track.ts';

const SPEAKERS: readonly Speaker[] = ['user', 'bot'];

/** Marks of a running file are counted in frames, of a kept one in its samples: they may differ by one. */
const SAME_PLACE_MS = 0.2;

/** Where a running session has its audio. */
export interface LiveAudio {
  clock: SessionClock;
  marks: MarkLedger;
  tracks: Readonly<Record<Speaker, Track>>;
  segmenter: Segmenter;
  sessionFile: SessionFile | undefined;
}

/** Silences what a running session has in memory and in open files, and what it captures of the range from now on. */
export async function redactLive(audio: LiveAudio, range: RedactionRange): Promise<void> {
  const { clock, marks, tracks, segmenter, sessionFile } = audio;
  const frames = { from: clock.toFrames(range.fromMs), to: clock.toFrames(range.toMs) };
  const speakers = speakersOf(range);
  for (const speaker of speakers) {
    marks.add({ speaker, ...frames, kind: 'redaction' });
    tracks[speaker].silence(frames.from, frames.to);
  }
  const inFiles = speakers.map((speaker) => segmenter.marked(speaker, frames));
  await Promise.all([...inFiles, sessionFile?.redact(range)]);
  // A file that was being finished meanwhile is a kept one now.
  await segmenter.settled();
}

/**
 * Rewrites every kept file of a session that holds a part of the range: the same number of samples, the range silent,
 * a mark, a new hash. See `rewriteSegment` for what keeps its id. Works for a session that is over, too.
 * @throws TurntapeError `invalid_argument`: no such session on this device; `storage_failed`, `storage_full`: what was
 * not rewritten yet is as it was; the call can be made again.
 */
export async function redactKept(
  db: TurntapeDatabase,
  sessionId: string,
  range: RedactionRange,
  onRewritten: (segment: SegmentWire) => void,
): Promise<RedactionResult> {
  const session = await readSession(db, sessionId);
  if (!session)
    throw new TurntapeError('invalid_argument', `session ${sessionId} is not on this device`, { field: 'sessionId' });
  await redactSessionFile(db, sessionId, range);
  const speakers = speakersOf(range);
  const segments: RedactedSegment[] = [];
  const missing: string[] = [];
  for (const { segment_id } of await listSegments(db, sessionId)) {
    // Again, and not the row just listed: rewriting another took its time.
    const row = await readKeptSegment(db, segment_id);
    const place = row && speakers.includes(row.speaker) ? placeIn(row, session, range) : undefined;
    if (!row || !place) continue;
    // A sealed file cannot be opened here.
    const audio = row.capture.sealed ? undefined : await readAudio(db, segment_id);
    if (!audio) {
      if (row.byte_size > 0) missing.push(segment_id);
      continue;
    }
    const rewritten = await rewrite(db, row, audio, place);
    if (!rewritten) continue;
    const replaces = rewritten.segment_id === segment_id ? null : segment_id;
    segments.push({ segmentId: rewritten.segment_id, replaces });
    onRewritten(rewritten);
  }
  return { fromMs: range.fromMs, toMs: range.toMs, segments, missing };
}

function speakersOf({ speaker }: RedactionRange): readonly Speaker[] {
  return speaker ? [speaker] : SPEAKERS;
}

/** The range within a file, in milliseconds from its start; undefined: it has no part of it, or is silent there already. */
function placeIn(
  row: SegmentWire,
  session: SessionWire,
  range: RedactionRange,
): { startMs: number; endMs: number } | undefined {
  const fileStartMs = segmentStartMs(row, session);
  // What never sounded lies at one point of the timeline: all of it goes, or nothing.
  if (row.unheard_tail)
    return range.fromMs <= fileStartMs && fileStartMs <= range.toMs && row.marks.length === 0
      ? { startMs: 0, endMs: row.duration_ms }
      : undefined;
  const startMs = Math.max(0, range.fromMs - fileStartMs);
  const endMs = Math.min(row.duration_ms, range.toMs - fileStartMs);
  if (startMs >= endMs) return undefined;
  const silent = row.marks.some(
    (mark) =>
      mark.kind === 'redaction' && mark.start_ms <= startMs + SAME_PLACE_MS && mark.end_ms >= endMs - SAME_PLACE_MS,
  );
  return silent ? undefined : { startMs, endMs };
}

async function rewrite(
  db: TurntapeDatabase,
  before: KeptSegmentRow,
  audio: ArrayBuffer,
  { startMs, endMs }: { startMs: number; endMs: number },
): Promise<SegmentWire | undefined> {
  const sample = (ms: number): number => Math.round((ms / 1000) * before.sample_rate);
  const range = { from: sample(startMs), to: sample(endMs) };
  const file = silenceFile(before.format, new Uint8Array(audio), range);
  if (!file) return undefined;
  const sha256 = await sha256Hex(file);
  const mark = { start_ms: startMs, end_ms: endMs, kind: 'redaction' } as const;
  const marks = [...before.marks, mark].sort((a, b) => a.start_ms - b.start_ms);
  return whileNobodySends((nobodySends) =>
    rewriteSegment(db, {
      before: toSegmentWire(before),
      audio: file.buffer,
      sha256,
      marks,
      newId: crypto.randomUUID(),
      nobodySends,
    }),
  );
}

/** Holds the uploaders' lock if it is free. If not, one is sending: it may be just this segment. */
async function whileNobodySends<Result>(work: (nobodySends: boolean) => Promise<Result>): Promise<Result> {
  // Absent on a page that is not served securely.
  const locks = (navigator as { locks?: LockManager }).locks;
  if (!locks) return work(false);
  return await locks.request(UPLOADER_LOCK, { ifAvailable: true }, (lock) => work(lock !== null));
}
