import type { DroppedEvent } from '../core/events.ts';
import type { TurntapeDatabase } from './database.ts';
import { isInForce } from './holds.ts';
import {
  type LettingGo,
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
import type { HoldRow, KeptSegmentRow, OutboxRow, SegmentRow, SessionRow } from './rows.ts';

/** How much is to go, and what may. */
export interface DropOptions {
  /** At least this much, as far as there is so much. */
  bytes: number;
  /** Also what the backend does not have, of ended sessions, when all that it has is gone. */
  includeUnacknowledged: boolean;
  reason: Exclude<DroppedEvent['reason'], 'age'>;
  /** A live session of the caller's own: the audio that the backend has of it may go, its facts stay. */
  ownSessionIds?: readonly string[];
  nowMs?: number;
}

/** A segment that may go; or an ended session that has none, and a session file. */
interface Candidate {
  sessionId: string;
  segmentId: string | undefined;
  /** The backend has it. */
  acknowledged: boolean;
  /** Somebody reads of its session. */
  held: boolean;
  atMs: number;
}

/**
 * Makes room: what the backend has goes first, the oldest first; then, when that may go too, what it does not have. A session
 * of which nothing is left goes whole, with its session file. What runs in another tab is never touched. What is held stays
 * when the app's own limit is passed; on a full disk it goes behind all else that may: what is spoken now has no other place.
 */
export async function dropOldest(db: TurntapeDatabase, options: DropOptions): Promise<Swept> {
  const { bytes, ownSessionIds = [] } = options;
  const swept: Swept = { segments: 0, byteSize: 0, sessions: 0, dropped: [] };
  for (const candidate of await candidates(db, options)) {
    if (swept.byteSize >= bytes) break;
    if (ownSessionIds.includes(candidate.sessionId)) await dropOwnAudio(db, candidate, options.reason, swept);
    else await dropCandidate(db, candidate, options, swept);
  }
  return swept;
}

function candidates(
  db: TurntapeDatabase,
  { includeUnacknowledged, reason, ownSessionIds: own = [], nowMs = Date.now() }: DropOptions,
): Promise<Candidate[]> {
  return db.read(['sessions', 'segments', 'audio', 'session_files', 'outbox', 'holds'], async (tx) => {
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
    const holds = (await tx.objectStore('holds').getAll()).filter((hold) => isInForce(hold, nowMs));
    const held = new Set(holds.map(sessionOf));
    const taken = new Set(rows.map(sessionOf));
    return [
      ...rows
        .filter(isKept)
        .filter((row) => present.has(row.segment_id) || !own.includes(row.session_id))
        .map((row) => segmentOf(row, held)),
      ...withFile
        .filter((id) => !taken.has(id) && !own.includes(id))
        .map((id) => emptied(id, mayGo.get(id), { awaited, held })),
    ]
      .filter(({ sessionId, held }) => mayGo.has(sessionId) && (reason === 'full' || !held))
      .filter(({ acknowledged, sessionId }) => acknowledged || (includeUnacknowledged && !own.includes(sessionId)))
      .sort(inTurn);
  });
}

/** What the backend has before what it does not have; of each what nobody holds first; then by age. */
function inTurn(one: Candidate, other: Candidate): number {
  const acknowledged = Number(other.acknowledged) - Number(one.acknowledged);
  return acknowledged || Number(one.held) - Number(other.held) || one.atMs - other.atMs;
}

const sessionOf = ({ session_id }: SegmentRow | OutboxRow | HoldRow): string => session_id;

const isKept = (row: SegmentRow): row is KeptSegmentRow => row.state !== 'recording';

function segmentOf(row: KeptSegmentRow, held: ReadonlySet<string>): Candidate {
  const { session_id: sessionId, segment_id: segmentId, kept_at: atMs } = row;
  return { sessionId, segmentId, acknowledged: isAcknowledged(row), held: held.has(sessionId), atMs };
}

function emptied(
  sessionId: string,
  session: SessionRow | undefined,
  { awaited, held }: Record<'awaited' | 'held', ReadonlySet<string>>,
): Candidate {
  const atMs = Date.parse(session?.ended_at ?? session?.started_at ?? '') || 0;
  return { sessionId, segmentId: undefined, acknowledged: !awaited.has(sessionId), held: held.has(sessionId), atMs };
}

async function dropCandidate(
  db: TurntapeDatabase,
  { sessionId, segmentId, acknowledged }: Candidate,
  { includeUnacknowledged, reason, nowMs = Date.now() }: DropOptions,
  swept: Swept,
): Promise<void> {
  const work = async (tx: LettingGo, session: SessionRow) => {
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
  };
  const change = await inEndedSession(db, sessionId, work, { nowMs, evenHeld: reason === 'full' });
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
