import type { DroppedEvent } from '../core/events.ts';
import type { StoreName, TurntapeDatabase, WriteTransaction } from './database.ts';
import type { KeptSegmentRow, OutboxRow, SessionRow, TranscriptRow } from './rows.ts';
import { isHeld } from './holds.ts';
import { chunksOfSession } from './session-files.ts';

/** What an ended session may have on this device: all but chunks of a running turn. */
const STORES = [
  'sessions',
  'segments',
  'audio',
  'peaks',
  'transcripts',
  'outbox',
  'keys',
  'session_files',
  'session_chunks',
  'holds',
] as const satisfies StoreName[];

/** A transaction in which things are let go of. */
export type LettingGo = WriteTransaction<[...typeof STORES]>;

/** What a sweep has removed. */
export interface Swept {
  segments: number;
  /** Bytes of their files. */
  byteSize: number;
  /** Sessions of which nothing was left. */
  sessions: number;
  /** Those that a limit took before their time. */
  dropped: DroppedEvent[];
}

/** What goes before the backend has it, or before its time, and why. */
export interface LimitHit {
  reason: DroppedEvent['reason'];
  dropped: DroppedEvent[];
}

/**
 * Runs `work` on a session in a transaction of its own: a running recorder waits for none longer than for one session's
 * rows. Undefined: the session is not here, not ended, or held.
 */
export function inEndedSession<Result>(
  db: TurntapeDatabase,
  sessionId: string,
  work: (tx: LettingGo, session: SessionRow) => Promise<Result>,
  { nowMs, evenHeld = false }: { nowMs: number; evenHeld?: boolean },
): Promise<Result | undefined> {
  return db.write([...STORES], 'relaxed', async (tx) => {
    const session = await tx.objectStore('sessions').get(sessionId);
    // It may have been taken up again since it was listed.
    if (!session || session.state === 'active') return undefined;
    return !evenHeld && (await isHeld(tx.objectStore('holds'), sessionId, nowMs)) ? undefined : work(tx, session);
  });
}

/** True once the backend has proved that it has it. */
export function isAcknowledged(row: KeptSegmentRow): boolean {
  return row.state === 'acknowledged' && row.acknowledged_at !== null;
}

/** A segment, its file with its outline, and its place in the outbox go. */
export async function letSegmentGo(tx: LettingGo, row: KeptSegmentRow): Promise<void> {
  await tx.objectStore('segments').delete(row.segment_id);
  await tx.objectStore('audio').delete(row.segment_id);
  await tx.objectStore('peaks').delete(row.segment_id);
  const outbox = tx.objectStore('outbox');
  for (const item of await outbox.index('session_id').getAll(row.session_id))
    if (item.kind === 'segment' && item.segment_id === row.segment_id && item.seq !== undefined)
      await outbox.delete(item.seq);
}

/** What is told of a segment that a limit takes. */
export function droppedSegment(row: KeptSegmentRow, reason: DroppedEvent['reason']): DroppedEvent {
  const { session_id: sessionId, segment_id: id, byte_size: byteSize } = row;
  return { sessionId, kind: 'segment', id, byteSize, acknowledged: isAcknowledged(row), reason };
}

/** What is left of a session beside its segments. */
export interface SessionRest {
  transcripts: TranscriptRow[];
  items: OutboxRow[];
  /** When it last changed, milliseconds since 1970. */
  lastChangeMs: number;
}

export async function restOf(tx: LettingGo, session: SessionRow): Promise<SessionRest> {
  const transcripts = await tx.objectStore('transcripts').index('session_id').getAll(session.session_id);
  const items = await tx.objectStore('outbox').index('session_id').getAll(session.session_id);
  const ended = Date.parse(session.ended_at ?? session.started_at);
  const lastChangeMs = Math.max(ended, ...transcripts.map((row) => row.acknowledged_at ?? row.kept_at));
  return { transcripts, items, lastChangeMs };
}

/**
 * A session that has no segment left goes with its transcripts and its session file, unless something of it waits to be
 * sent: then only by a limit that may take that, too. Gives the bytes of its session file; undefined: it stays.
 */
export async function letSessionGo(
  tx: LettingGo,
  { session_id }: SessionRow,
  { items, transcripts }: SessionRest,
  limit?: LimitHit,
): Promise<number | undefined> {
  const awaited = items.filter(isAwaited);
  // What the backend is asked to erase it must hear of.
  if (awaited.some((item) => item.kind === 'erasure') || (awaited.length > 0 && !limit)) return undefined;
  for (const item of awaited) limit?.dropped.push(droppedItem(item, limit.reason));
  for (const { transcript_id, revision } of transcripts)
    await tx.objectStore('transcripts').delete([transcript_id, revision]);
  for (const { seq } of items) if (seq !== undefined) await tx.objectStore('outbox').delete(seq);
  const file = await tx.objectStore('session_files').get(session_id);
  const holds = tx.objectStore('holds');
  for (const holdId of await holds.index('session_id').getAllKeys(session_id)) await holds.delete(holdId);
  await tx.objectStore('keys').delete(session_id);
  await tx.objectStore('session_chunks').delete(chunksOfSession(session_id));
  await tx.objectStore('session_files').delete(session_id);
  await tx.objectStore('sessions').delete(session_id);
  return file?.byte_size ?? 0;
}

/** False for what the backend has no place for: nobody will ever acknowledge it. */
export function isAwaited(item: OutboxRow): boolean {
  return item.error?.code !== 'not_supported_by_target';
}

function droppedItem(item: OutboxRow, reason: DroppedEvent['reason']): DroppedEvent {
  const { session_id: sessionId } = item;
  const facts = { sessionId, byteSize: 0, acknowledged: false, reason };
  if (item.kind === 'transcript') return { ...facts, kind: 'transcript', id: item.transcript_id };
  return { ...facts, kind: 'session', id: sessionId };
}
