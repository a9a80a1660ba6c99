import type { TurntapeDatabase } from './database.ts';
import type { OutboxRow } from './rows.ts';
import { chunksOfSession } from './session-files.ts';

/** What a sweep has removed. */
export interface Swept {
  segments: number;
  /** Bytes of their files. */
  byteSize: number;
  /** Sessions of which nothing was left. */
  sessions: number;
}

/** Which of what is acknowledged may go. */
export interface SweepOptions {
  /** Acknowledged at least this long ago. 0: everything acknowledged. */
  olderThanMs: number;
  /** Wall time now, milliseconds since 1970. */
  nowMs: number;
}

/**
 * Deletes the audio and the rows of segments that the backend has acknowledged long enough ago, then every ended session
 * that has nothing left on this device and nothing in the outbox, with its transcripts and its session file. Never anything of a live session
 * (its row says `active`, also when a crash left it so), never anything that is not acknowledged.
 *
 * One transaction for each session: a running recorder waits for none longer than for one session's rows.
 */
export async function sweepAcknowledged(db: TurntapeDatabase, { olderThanMs, nowMs }: SweepOptions): Promise<Swept> {
  const cutoffMs = nowMs - olderThanMs;
  const ended = await db.read(['sessions'], async (tx) => {
    const sessions = await tx.objectStore('sessions').getAll();
    return sessions.filter((session) => session.state !== 'active').map((session) => session.session_id);
  });
  const swept: Swept = { segments: 0, byteSize: 0, sessions: 0 };
  for (const sessionId of ended) {
    const { segments, byteSize, sessions } = await sweepSession(db, sessionId, cutoffMs);
    swept.segments += segments;
    swept.byteSize += byteSize;
    swept.sessions += sessions;
  }
  return swept;
}

const SWEPT_STORES = [
  'sessions',
  'segments',
  'audio',
  'peaks',
  'transcripts',
  'outbox',
  'keys',
  'session_files',
  'session_chunks',
] as const;

function sweepSession(db: TurntapeDatabase, sessionId: string, cutoffMs: number): Promise<Swept> {
  return db.write([...SWEPT_STORES], 'relaxed', async (tx) => {
    const swept: Swept = { segments: 0, byteSize: 0, sessions: 0 };
    const session = await tx.objectStore('sessions').get(sessionId);
    // It may have been taken up again since it was listed.
    if (!session || session.state === 'active') return swept;

    let left = 0;
    for (const row of await tx.objectStore('segments').index('session_id').getAll(sessionId)) {
      if (row.state !== 'acknowledged' || row.acknowledged_at === null || row.acknowledged_at > cutoffMs) {
        left += 1;
        continue;
      }
      await tx.objectStore('segments').delete(row.segment_id);
      await tx.objectStore('audio').delete(row.segment_id);
      await tx.objectStore('peaks').delete(row.segment_id);
      swept.segments += 1;
      swept.byteSize += row.byte_size;
    }

    const items = await tx.objectStore('outbox').index('session_id').getAll(sessionId);
    const transcripts = await tx.objectStore('transcripts').index('session_id').getAll(sessionId);
    const lastChangeMs = Math.max(
      Date.parse(session.ended_at ?? session.started_at),
      ...transcripts.map((row) => row.acknowledged_at ?? row.kept_at),
    );
    if (left > 0 || items.some(isAwaited) || lastChangeMs > cutoffMs) return swept;
    for (const { transcript_id, revision } of transcripts)
      await tx.objectStore('transcripts').delete([transcript_id, revision]);
    for (const { seq } of items) if (seq !== undefined) await tx.objectStore('outbox').delete(seq);
    await tx.objectStore('keys').delete(sessionId);
    await tx.objectStore('session_chunks').delete(chunksOfSession(sessionId));
    await tx.objectStore('session_files').delete(sessionId);
    await tx.objectStore('sessions').delete(sessionId);
    swept.sessions = 1;
    return swept;
  });
}

/** False for what the backend has no place for: nobody will ever acknowledge it. */
function isAwaited(item: OutboxRow): boolean {
  return item.error?.code !== 'not_supported_by_target';
}
