import { TurntapeError } from '../core/errors.ts';
import type { TurntapeDatabase } from './database.ts';
import type { RecordPlace } from './record-cipher.ts';
import type { Lane, SessionChunkRow, SessionFileRow, StoredSessionChunk } from './rows.ts';
import { requireSession } from './sessions.ts';

/** Facts of a session file that change while it is recorded, and at its end. */
export type SessionFileChange = Partial<
  Pick<SessionFileRow, 'state' | 'samples' | 'byte_size' | 'gaps' | 'marks' | 'encoder'>
>;

/**
 * Opens the session file, or takes up the one that is there, and gives its facts. One that was begun is never begun anew:
 * it goes on in its own format.
 * @throws TurntapeError `storage_failed`: the session is not on this device.
 */
export function openSessionFile(db: TurntapeDatabase, row: SessionFileRow): Promise<SessionFileRow> {
  return db.write(['sessions', 'session_files'], 'relaxed', async (tx) => {
    requireSession(await tx.objectStore('sessions').getKey(row.session_id), row.session_id);
    const files = tx.objectStore('session_files');
    const before = await files.get(row.session_id);
    const opened = before ? { ...before, state: 'recording' as const, offset: row.offset } : row;
    await files.put(opened);
    return opened;
  });
}

/** The facts of a kept session file, or undefined: none was recorded. */
export function readSessionFile(db: TurntapeDatabase, sessionId: string): Promise<SessionFileRow | undefined> {
  return db.read(['session_files'], (tx) => tx.objectStore('session_files').get(sessionId));
}

/** Changes the facts of a session file, in a strict transaction when it is complete. One that is gone is left alone. */
export function updateSessionFile(db: TurntapeDatabase, sessionId: string, change: SessionFileChange): Promise<void> {
  const durability = change.state === undefined ? 'relaxed' : 'strict';
  return db.write(['session_files'], durability, async (tx) => {
    const files = tx.objectStore('session_files');
    const row = await files.get(sessionId);
    if (row) await files.put({ ...row, ...change });
  });
}

/**
 * Appends chunks, all of them or none, encrypted when their session has a key. Relaxed durability, as for a segment's: see
 * `appendChunk`.
 * @throws TurntapeError `storage_failed`: the session file is not there (erased); `storage_full`.
 */
export async function appendSessionChunks(db: TurntapeDatabase, rows: readonly SessionChunkRow[]): Promise<void> {
  const stored = await Promise.all(rows.map((row) => encrypted(db, row)));
  await db.write(['session_files', 'session_chunks'], 'relaxed', async (tx) => {
    const files = tx.objectStore('session_files');
    const chunks = tx.objectStore('session_chunks');
    const [first] = rows;
    if (first && (await files.getKey(first.session_id)) === undefined)
      throw new TurntapeError('storage_failed', `session ${first.session_id} has no session file`);
    await Promise.all(stored.map((row) => chunks.put(row)));
  });
  db.appended(stored.reduce((sum, { bytes }) => sum + bytes.byteLength, 0));
}

/**
 * The chunks of a lane that begin in [from, to), in order, at most `count`: a file of an hour is read piece by piece.
 * @throws TurntapeError `undecryptable`: they are encrypted and their key is not here.
 */
export async function readSessionChunks(
  db: TurntapeDatabase,
  place: SessionChunkPlace,
  count?: number,
): Promise<SessionChunkRow[]> {
  const stored = await db.read(['session_chunks'], (tx) =>
    tx.objectStore('session_chunks').getAll(rangeOf(place), count),
  );
  return Promise.all(stored.map((row) => decrypted(db, row)));
}

/** How many bytes its chunks have, as they lie here. Reads all of them: for a file that a crash left. */
export async function countSessionFile(db: TurntapeDatabase, sessionId: string): Promise<number> {
  return db.read(['session_chunks'], async (tx) => {
    let bytes = 0;
    const chunks = tx.objectStore('session_chunks').iterate(chunksOfSession(sessionId));
    for await (const { value } of chunks) bytes += value.bytes.byteLength;
    return bytes;
  });
}

/** The last chunk of a lane, or undefined: the lane is silent. */
export async function lastSessionChunk(
  db: TurntapeDatabase,
  sessionId: string,
  lane: Lane,
): Promise<SessionChunkRow | undefined> {
  const range = rangeOf({ sessionId, lane, from: -Infinity, to: Infinity });
  const stored = await db.read(
    ['session_chunks'],
    async (tx) => (await tx.objectStore('session_chunks').openCursor(range, 'prev'))?.value,
  );
  return stored && decrypted(db, stored);
}

/** The chunks of a lane that begin in [from, to). */
export interface SessionChunkPlace {
  sessionId: string;
  lane: Lane;
  from: number;
  to: number;
}

/** Puts chunks anew in their old places, and marks with them, in one strict transaction. Of an erased session: nothing. */
export async function rewriteSessionChunks(
  db: TurntapeDatabase,
  sessionId: string,
  rows: readonly SessionChunkRow[],
  marks: SessionFileRow['marks'],
): Promise<void> {
  const stored = await Promise.all(rows.map((row) => encrypted(db, row)));
  await db.write(['session_files', 'session_chunks'], 'strict', async (tx) => {
    const row = await tx.objectStore('session_files').get(sessionId);
    if (!row) return;
    const chunks = tx.objectStore('session_chunks');
    await Promise.all(stored.map((chunk) => chunks.put(chunk)));
    await tx.objectStore('session_files').put({ ...row, marks: [...row.marks, ...marks] });
  });
}

async function encrypted(db: TurntapeDatabase, row: SessionChunkRow): Promise<StoredSessionChunk> {
  return { ...row, ...(await db.vault.encrypt(recordPlace(row), row.bytes, row.session_id)) };
}

async function decrypted(db: TurntapeDatabase, row: StoredSessionChunk): Promise<SessionChunkRow> {
  const { session_id, lane, start } = row;
  return { session_id, lane, start, bytes: await db.vault.decrypt(recordPlace(row), row, session_id) };
}

/** No id of a segment looks like this. */
function recordPlace({ session_id, lane, start }: Omit<SessionChunkRow, 'bytes'>): RecordPlace {
  return { segmentId: `${session_id} ${lane}`, kind: 'chunk', index: start };
}

/** The key range of everything of a session: an array sorts behind every string and number. */
export function chunksOfSession(sessionId: string): IDBKeyRange {
  return IDBKeyRange.bound([sessionId], [sessionId, []]);
}

function rangeOf({ sessionId, lane, from, to }: SessionChunkPlace): IDBKeyRange {
  return IDBKeyRange.bound([sessionId, lane, from], [sessionId, lane, to], false, true);
}
