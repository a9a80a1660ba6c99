import type { DroppedEvent } from '../core/events.ts';
import type { TurntapeDatabase } from './database.ts';
import {
  type LimitHit,
  type Swept,
  droppedSegment,
  inEndedSession,
  isAcknowledged,
  isAwaited,
  letSegmentGo,
  letSessionGo,
  restOf,
} from './let-go.ts';
import type { KeptSegmentRow, OutboxRow, SegmentRow, SessionRow } from './rows.ts';

/** How much is to go, and what may. */
export interface DropOptions {
  /** At least this much, as far as there is so much. */
  bytes: number;
  /** Also what the backend does not have, of ended sessions, when all that it has is gone. */
  includeUnacknowledged: boolean;
  reason: Exclude<DroppedEvent['reason'], 'age'>;
  /** A live session of the caller's own: the audio that the backend has of it may go, its facts stay. */
  ownSessionIds?: readonly string[];
}

/** A segment that may go; or an ended session that has none, and a session file. */
interface Candidate {
  sessionId: string;
  segmentId: string | undefined;
  /** The backend has it. */
  acknowledged: boolean;
  atMs: number;
}

/**
 * Makes room: what the backend has goes first, the oldest first; then, when that may go too, what it does not have. A session
 * of which nothing is left goes whole, with its session file. What runs in another tab is never touched.
 */
export async function dropOldest(db: TurntapeDatabase, options: DropOptions): Promise<Swept> {
  const { bytes, includeUnacknowledged, ownSessionIds = [] } = options;
  const swept: Swept = { segments: 0, byteSize: 0, sessions: 0, dropped: [] };
  for (const candidate of await candidates(db, includeUnacknowledged, ownSessionIds)) {
    if (swept.byteSize >= bytes) break;
    if (ownSessionIds.includes(candidate.sessionId)) await dropOwnAudio(db, candidate, options.reason, swept);
    else await dropCandidate(db, candidate, options, swept);
  }
  return swept;
}

function candidates(
  db: TurntapeDatabase,
  includeUnacknowledged: boolean,
  own: readonly string[],
): Promise<Candidate[]> {
  return db.read(['sessions', 'segments', 'audio', 'session_files', 'outbox'], async (tx) => {
    const sessions = await tx.objectStore('sessions').getAll();
    const mayGo = new Map(
      sessions
        .filter(({ session_id, state }) => state !== 'active' || own.includes(session_id))
        .map((session) => [session.session_id, session]),
    );
    const rows = await tx.objectStore('segments').getAll();
    const present = new Set(await tx.objectStore('audio').getAllKeys());
    const withFile = await tx.objectStore('session_files').getAllKeys();
    const awaited = new Set((await tx.objectStore('outbox').getAll()).filter(isAwaited).map(sessionOf));
    const taken = new Set(rows.map(sessionOf));
    return [
      ...rows
        .filter(isKept)
        .filter((row) => present.has(row.segment_id) || !own.includes(row.session_id))
        .map(segmentOf),
      ...withFile.filter((id) => !taken.has(id) && !own.includes(id)).map((id) => emptied(id, mayGo.get(id), awaited)),
    ]
      .filter(({ sessionId }) => mayGo.has(sessionId))
      .filter(({ acknowledged, sessionId }) => acknowledged || (includeUnacknowledged && !own.includes(sessionId)))
      .sort((one, other) => Number(other.acknowledged) - Number(one.acknowledged) || one.atMs - other.atMs);
  });
}

const sessionOf = ({ session_id }: SegmentRow | OutboxRow): string => session_id;

const isKept = (row: SegmentRow): row is KeptSegmentRow => row.state !== 'recording';

function segmentOf(row: KeptSegmentRow): Candidate {
  const { session_id: sessionId, segment_id: segmentId, kept_at: atMs } = row;
  return { sessionId, segmentId, acknowledged: isAcknowledged(row), atMs };
}

function emptied(sessionId: string, session: SessionRow | undefined, awaited: ReadonlySet<string>): Candidate {
  const atMs = Date.parse(session?.ended_at ?? session?.started_at ?? '') || 0;
  return { sessionId, segmentId: undefined, acknowledged: !awaited.has(sessionId), atMs };
}

async function dropCandidate(
  db: TurntapeDatabase,
  { sessionId, segmentId, acknowledged }: Candidate,
  { includeUnacknowledged, reason }: DropOptions,
  swept: Swept,
): Promise<void> {
  const change = await inEndedSession(db, sessionId, async (tx, session) => {
    const limit: LimitHit = { reason, dropped: [] };
    let segments = 0;
    let byteSize = 0;
    const segmentStore = tx.objectStore('segments');
    const row = segmentId === undefined ? undefined : await segmentStore.get(segmentId);
    // What was acknowledged stays so; what was not may be by now, and is told as it is.
    if (row && isKept(row) && (isAcknowledged(row) || !acknowledged)) {
      await letSegmentGo(tx, row);
      limit.dropped.push(droppedSegment(row, reason));
      segments = 1;
      byteSize = row.byte_size;
    }
    const left = await segmentStore.index('session_id').count(sessionId);
    const rest = left === 0 && (await restOf(tx, session));
    const file = rest ? await letSessionGo(tx, session, rest, includeUnacknowledged ? limit : undefined) : undefined;
    return { segments, byteSize: byteSize + (file ?? 0), sessions: file === undefined ? 0 : 1, dropped: limit.dropped };
  });
  if (!change) return;
  swept.segments += change.segments;
  swept.byteSize += change.byteSize;
  swept.sessions += change.sessions;
  swept.dropped.push(...change.dropped);
}

/** The audio alone: the facts of a session that runs say where its track goes on. */
async function dropOwnAudio(
  db: TurntapeDatabase,
  { segmentId = '' }: Candidate,
  reason: DroppedEvent['reason'],
  swept: Swept,
): Promise<void> {
  const row = await db.write(['segments', 'audio'], 'relaxed', async (tx) => {
    const found = await tx.objectStore('segments').get(segmentId);
    if (!found || !isKept(found) || !isAcknowledged(found)) return undefined;
    await tx.objectStore('audio').delete(segmentId);
    return found;
  });
  if (!row) return;
  swept.segments += 1;
  swept.byteSize += row.byte_size;
  swept.dropped.push(droppedSegment(row, reason));
}
