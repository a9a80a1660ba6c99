import { TurntapeError } from '../core/errors.ts';
import type { SessionWire } from '../core/wire.ts';
import type { TurntapeDatabase } from './database.ts';
import { enqueueSession } from './enqueue.ts';
import { newRecordKey } from './record-cipher.ts';
import type { KeyRow, SessionRow } from './rows.ts';
import { hideSession, showSession, wordsKey } from './words.ts';

/** What a session begins with, beside its facts. */
export interface StartOptions {
  /**
   * What of it is encrypted on this device under a key of its own. `words`: of a session whose audio is sealed, the rest. A
   * session that goes on keeps the key that it has. Default false.
   */
  encrypt?: Exclude<KeyRow['covers'], 'audio'> | false;
  nowMs?: number;
}

/**
 * Keeps the facts of a session that begins, and puts them into the outbox: one strict transaction. A session that is
 * here already goes on: its facts are replaced, and it began when the first of its runs did. Gives that time.
 */
export async function startSession(
  db: TurntapeDatabase,
  session: SessionWire,
  { encrypt = false, nowMs = Date.now() }: StartOptions = {},
): Promise<string> {
  const { session_id } = session;
  const before = await wordsKey(db, session_id);
  const key = before ?? (encrypt ? await newRecordKey() : undefined);
  const told = await hideSession(session, key);
  return db.write(['sessions', 'outbox', 'keys', 'page_exits', 'running'], 'strict', async (tx) => {
    const known = await tx.objectStore('sessions').get(session_id);
    const row = known && known.started_at < told.started_at ? { ...told, started_at: known.started_at } : told;
    // Whoever starts a session holds its lock: nobody else gives it a key meanwhile.
    if (key && !before && encrypt) await tx.objectStore('keys').put({ session_id, key, covers: encrypt });
    await tx.objectStore('sessions').put(row);
    // Its page was left before, and now another one has it.
    await tx.objectStore('page_exits').delete(session_id);
    await tx.objectStore('running').put({ session_id });
    await enqueueSession(tx.objectStore('outbox'), row, nowMs);
    return row.started_at;
  });
}

/** Keeps the facts of a session that has ended and puts them into the outbox, behind its turns. */
export async function endSession(db: TurntapeDatabase, session: SessionWire, nowMs = Date.now()): Promise<void> {
  await endSessionRow(db, await hidden(db, session), nowMs);
}

/** The same of a row as it lies here, of a session that was recovered. */
export function endSessionRow(db: TurntapeDatabase, row: SessionRow, nowMs = Date.now()): Promise<void> {
  return db.write(['sessions', 'outbox', 'page_exits', 'running'], 'strict', async (tx) => {
    await tx.objectStore('sessions').put(row);
    await tx.objectStore('page_exits').delete(row.session_id);
    await tx.objectStore('running').delete(row.session_id);
    await enqueueSession(tx.objectStore('outbox'), row, nowMs);
  });
}

/**
 * Keeps newer facts of a session without telling the backend: its end will.
 * @throws TurntapeError `storage_failed`: the session is not on this device.
 */
export async function updateSession(db: TurntapeDatabase, session: SessionWire): Promise<void> {
  const row = await hidden(db, session);
  await db.write(['sessions'], 'relaxed', async (tx) => {
    const sessions = tx.objectStore('sessions');
    requireSession(await sessions.getKey(row.session_id), row.session_id);
    await sessions.put(row);
  });
}

/**
 * One session, or undefined.
 * @throws TurntapeError `undecryptable`: it is encrypted and its key is not here.
 */
export async function readSession(db: TurntapeDatabase, sessionId: string): Promise<SessionWire | undefined> {
  const row = await readSessionRow(db, sessionId);
  return row && showSession(db, row);
}

/** One session as it lies here, or undefined. */
export function readSessionRow(db: TurntapeDatabase, sessionId: string): Promise<SessionRow | undefined> {
  return db.read(['sessions'], (tx) => tx.objectStore('sessions').get(sessionId));
}

/**
 * Every session on this device as it lies here, newest first, recovered ones included. `listSegments` has the delivery of its
 * turns.
 */
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

async function hidden(db: TurntapeDatabase, session: SessionWire): Promise<SessionRow> {
  return hideSession(session, await wordsKey(db, session.session_id));
}
