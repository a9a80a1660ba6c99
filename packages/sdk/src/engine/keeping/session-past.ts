import type { SessionMemory } from '../../core/messages/session-memory.ts';
import type { Epoch } from '../../core/timeline.ts';
import type { Speaker } from '../../core/turn.ts';
import { type SegmentWire, sessionFromWire } from '../../core/wire.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import { listSegments, unfinishedSegments } from '../../storage/segments.ts';
import { readSession } from '../../storage/sessions.ts';
import { LossLedger } from '../capture/loss-ledger.ts';
import { recoverSegment } from './recovery.ts';
import { SessionClock } from '../capture/session-clock.ts';

/** Up to where a track was written by the engine before, in session frames. */
export interface TrackPast {
  end: number;
  /** A file was open there: what does not follow on it is missing. */
  open: boolean;
}

/** What an engine that crashed has left of a session that goes on. */
export interface SessionPast {
  startedAt: number;
  epochs: readonly Epoch[];
  tracks: Readonly<Record<Speaker, TrackPast | undefined>>;
  /** The newest part of each turn. */
  parts: ReadonlyMap<string, number>;
}

export interface PastOptions {
  db: TurntapeDatabase;
  sessionId: string;
  memory: SessionMemory;
  onKept: (segment: SegmentWire) => void;
}

/** Of a session that is not sampled nothing is kept: its time begins anew. */
export const NO_PAST: SessionPast = {
  startedAt: 0,
  epochs: [],
  tracks: { user: undefined, bot: undefined },
  parts: new Map(),
};

/**
 * Makes a file of every turn that was open, from its chunks, and says where each track stands. Undefined: the session had
 * ended before its engine died.
 */
export async function recoverPast({ db, sessionId, memory, onKept }: PastOptions): Promise<SessionPast | undefined> {
  const row = await readSession(db, sessionId);
  if (row?.state !== 'active') return undefined;
  const { startedAt, epochs } = sessionFromWire(row);
  const clock = new SessionClock(epochs[0]?.clockRate ?? 1, epochs);
  const losses = new LossLedger();
  losses.remember(memory.gaps, clock);
  const open = new Set<string>();
  for (const unfinished of await unfinishedSegments(db, sessionId)) {
    const { draft } = unfinished;
    const from = startOf(draft, clock);
    const gaps = (durationMs: number) =>
      losses.gaps(draft.speaker, from, from + clock.toFrames(durationMs), clock.rate);
    const kept = await recoverSegment(db, unfinished, { gapsOf: gaps });
    if (!kept) continue;
    open.add(kept.segment_id);
    onKept(kept);
  }
  const tracks: Record<Speaker, TrackPast | undefined> = { user: undefined, bot: undefined };
  const parts = new Map<string, number>();
  for (const segment of await listSegments(db, sessionId)) {
    const { turn_id, part, speaker, segment_id } = segment;
    parts.set(turn_id, Math.max(part, parts.get(turn_id) ?? 0));
    // What was never heard has no place on the track.
    if (segment.byte_size === 0 || segment.unheard_tail) continue;
    const end = startOf(segment, clock) + clock.toFrames(segment.duration_ms);
    if (end >= (tracks[speaker]?.end ?? 0)) tracks[speaker] = { end, open: open.has(segment_id) };
  }
  return { startedAt, epochs, tracks, parts };
}

function startOf({ clock_epoch, start_frame }: SegmentWire, clock: SessionClock): number {
  const clockId = clock.epochs[clock_epoch]?.clockId;
  return clockId === undefined ? 0 : clock.fromCapture(clockId, start_frame);
}
