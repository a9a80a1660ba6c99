import type { RetentionSettings } from '../core/settings.ts';
import type { TurntapeDatabase } from './database.ts';
import { dropOldest } from './drop-oldest.ts';
import { clearExpiredHolds } from './holds.ts';
import {
  type LettingGo,
  type Swept,
  droppedSegment,
  inEndedSession,
  isAcknowledged,
  letSegmentGo,
  letSessionGo,
  restOf,
} from './let-go.ts';
import type { SessionRow } from './rows.ts';

const HOUR_MS = 3_600_000;

/**
 * Deletes what has been here long enough: acknowledged segments whose time for playback is over, what is older than the
 * maximum age, and the oldest of what is too much; then every ended session that has nothing left on this device and nothing
 * in the outbox, with its transcripts and its session file. Never anything of a live session (its row says `active`, also
 * when a crash left it so), nor of one that is held; of what is not acknowledged only what the rules say.
 */
export async function sweep(db: TurntapeDatabase, rules: RetentionSettings, nowMs: number): Promise<Swept> {
  await clearExpiredHolds(db, nowMs);
  const ended = await db.read(['sessions'], async (tx) => {
    const sessions = await tx.objectStore('sessions').getAll();
    return sessions.filter((session) => session.state !== 'active').map((session) => session.session_id);
  });
  const swept: Swept = { segments: 0, byteSize: 0, sessions: 0, dropped: [] };
  for (const sessionId of ended) add(swept, await sweepSession(db, sessionId, rules, nowMs));
  if (rules.maxBytes !== null) {
    const tooMuch = (await keptBytes(db)) - rules.maxBytes;
    const { includeUnacknowledged } = rules;
    if (tooMuch > 0)
      add(swept, await dropOldest(db, { bytes: tooMuch, includeUnacknowledged, reason: 'bytes', nowMs }));
  }
  return swept;
}

async function sweepSession(
  db: TurntapeDatabase,
  sessionId: string,
  { keepAcknowledgedHours, maxAgeHours, includeUnacknowledged }: RetentionSettings,
  nowMs: number,
): Promise<Swept | undefined> {
  const keptUntil = nowMs - keepAcknowledgedHours * HOUR_MS;
  const bornBefore = maxAgeHours === null ? -Infinity : nowMs - maxAgeHours * HOUR_MS;
  const work = async (tx: LettingGo, session: SessionRow): Promise<Swept> => {
    const swept: Swept = { segments: 0, byteSize: 0, sessions: 0, dropped: [] };
    let left = 0;
    for (const row of await tx.objectStore('segments').index('session_id').getAll(sessionId)) {
      const timeIsOver = row.state !== 'recording' && isAcknowledged(row) && (row.acknowledged_at ?? 0) <= keptUntil;
      const mayAge = row.state !== 'recording' && (isAcknowledged(row) || includeUnacknowledged);
      if (row.state === 'recording' || !(timeIsOver || (mayAge && row.kept_at <= bornBefore))) {
        left += 1;
        continue;
      }
      if (!timeIsOver) swept.dropped.push(droppedSegment(row, 'age'));
      await letSegmentGo(tx, row);
      swept.segments += 1;
      swept.byteSize += row.byte_size;
    }
    const rest = await restOf(tx, session);
    if (left > 0 || rest.lastChangeMs > Math.max(keptUntil, bornBefore)) return swept;
    const tooOld = includeUnacknowledged && rest.lastChangeMs <= bornBefore;
    const limit = tooOld ? ({ reason: 'age', dropped: swept.dropped } as const) : undefined;
    if ((await letSessionGo(tx, session, rest, limit)) !== undefined) swept.sessions = 1;
    return swept;
  };
  return inEndedSession(db, sessionId, work, { nowMs });
}

/** Bytes of every audio file here, those of live sessions too; a file that is still being written is not counted. */
function keptBytes(db: TurntapeDatabase): Promise<number> {
  return db.read(['segments', 'audio', 'session_files'], async (tx) => {
    const present = new Set(await tx.objectStore('audio').getAllKeys());
    const rows = await tx.objectStore('segments').getAll();
    const files = await tx.objectStore('session_files').getAll();
    const segments = rows.reduce((sum, row) => sum + (present.has(row.segment_id) ? row.byte_size : 0), 0);
    return files.reduce((sum, file) => sum + (file.byte_size ?? 0), segments);
  });
}

function add(swept: Swept, more: Swept | undefined): void {
  if (!more) return;
  swept.segments += more.segments;
  swept.byteSize += more.byteSize;
  swept.sessions += more.sessions;
  swept.dropped.push(...more.dropped);
}
