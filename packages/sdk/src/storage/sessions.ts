import { TurntapeError } from '../core/errors.ts';
import type { SessionWire } from '../core/wire.ts';
import type { TurntapeDatabase } from './database.ts';
import { enqueueSession } from './enqueue.ts';
import { newRecordKey } from './record-cipher.ts';
import type { SessionRow } from './rows.ts';

/** What a session begins with, beside its facts. */
export interface StartOptions {
  /** Its audio is encrypted on this device. A session that goes on keeps the key that it has. Default false. */
  encrypt?: boolean;
  nowMs?: number;
}

/**
 * Keeps the facts of a session that begins, and puts them into the outbox: one strict transaction. A session that is
 * here already goes on: its facts are replaced.
 */
export async function startSession(
  db: TurntapeDatabase,
  session: SessionWire,
  { encrypt = false, nowMs = Date.now() }: StartOptions = {},
): Promise<void> {
  const { session_id } = session;
  const fresh = encrypt ? await newRecordKey() : undefined;
  await db.write(['sessions', 'outbox', 'keys', 'page_exits'], 'strict', async (tx) => {
    const keys = tx.objectStore('keys');
    if (fresh && (await keys.getKey(session_id)) === undefined) await keys.put({ session_id, key: fresh });
    await tx.objectStore('sessions').put(session);
    // Its page was left before, and now another one has it.
    await tx.objectStore('page_exits').delete(session_id);
    await enqueueSession(tx.objectStore('outbox'), session, nowMs);
  });
}

/** Keeps the facts of a session that has ended, or was recovered, and puts them into the outbox, behind its turns. */
export function endSession(db: TurntapeDatabase, session: SessionWire, nowMs = Date.now()): Promise<void> {
  return db.write(['sessions', 'outbox', 'page_exits'], 'strict', async (tx) => {
    await tx.objectStore('sessions').put(session);
    await tx.objectStore('page_exits').delete(session.session_id);
    await enqueueSession(tx.objectStore('outbox'), session, nowMs);
  });
}

/**
 * Keeps newer facts of a session without telling the backend: its end will.
 * @throws TurntapeError `storage_failed`: the session is not on this device.
 */
export function updateSession(db: TurntapeDatabase, session: SessionWire): Promise<void> {
  return db.write(['sessions'], 'relaxed', async (tx) => {
    const sessions = tx.objectStore('sessions');
    requireSession(await sessions.getKey(session.session_id), session.session_id);
    await sessions.put(session);
  });
}

/** One session, or undefined. */
export function readSession(db: TurntapeDatabase, sessionId: string): Promise<SessionRow | undefined> {
  return db.read(['sessions'], (tx) => tx.objectStore('sessions').get(sessionId));
}

/** Every session on this device, newest first, recovered ones included. `listSegments` has the delivery of its turns. */
export async function listSessions(db: TurntapeDatabase): Promise<SessionRow[]> {
  const rows = await db.read(['sessions'], (tx) => tx.objectStore('sessions').getAll());
  return rows.sort((a, b) => b.started_at.localeCompare(a.started_at));
}

/**
 * Says that the session of a row that is to be written is here. After an erasure it is not, and whoever still records
 * for it must hear of it instead of writing the session anew.
 * @throws TurntapeError `storage_failed`
 */
export function requireSession(key: string | undefined, sessionId: string): void {
  if (key !== undefined) return;
  throw new TurntapeError(
    'storage_failed',
    `session ${sessionId} is not on this device: it was never started, or erased`,
    {
      field: 'session_id',
    },
  );
}
