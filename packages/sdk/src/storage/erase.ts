import type { TurntapeDatabase } from './database.ts';
import { enqueue } from './enqueue.ts';
import { chunksOf } from './segments.ts';
import { chunksOfSession } from './session-files.ts';

/** What an erasure does beyond this device. */
export interface EraseOptions {
  /**
   * The backend is asked to erase, too: an item of the outbox with nothing in it but the session's id. Default false. What it
   * was asked before, and has not done yet, it is asked again in any case.
   */
  askBackend?: boolean;
}

const ALL_STORES = [
  'sessions',
  'segments',
  'chunks',
  'audio',
  'peaks',
  'transcripts',
  'outbox',
  'keys',
  'session_files',
  'session_chunks',
  'page_exits',
  'running',
  'holds',
] as const;

/**
 * Erases everything of one session: facts, segments, chunks, files and their outlines, the session file, transcripts and what waits in the
 * outbox, acknowledged or not, and its key, without which no copy of an encrypted record can be read; a hold keeps nothing of it.
 * One strict transaction: all of it or nothing. Whoever still records for the session is refused from here on.
 */
export function eraseSession(db: TurntapeDatabase, sessionId: string, options: EraseOptions = {}): Promise<void> {
  return db.write([...ALL_STORES], 'strict', async (tx) => {
    const segments = tx.objectStore('segments');
    const transcripts = tx.objectStore('transcripts');
    const outbox = tx.objectStore('outbox');
    const holds = tx.objectStore('holds');
    for (const segmentId of await segments.index('session_id').getAllKeys(sessionId)) {
      await tx.objectStore('chunks').delete(chunksOf(segmentId));
      await tx.objectStore('audio').delete(segmentId);
      await tx.objectStore('peaks').delete(segmentId);
      await segments.delete(segmentId);
    }
    for (const key of await transcripts.index('session_id').getAllKeys(sessionId)) await transcripts.delete(key);
    const items = await outbox.index('session_id').getAll(sessionId);
    for (const { seq } of items) if (seq !== undefined) await outbox.delete(seq);
    for (const holdId of await holds.index('session_id').getAllKeys(sessionId)) await holds.delete(holdId);
    await tx.objectStore('keys').delete(sessionId);
    await tx.objectStore('session_chunks').delete(chunksOfSession(sessionId));
    await tx.objectStore('session_files').delete(sessionId);
    await tx.objectStore('page_exits').delete(sessionId);
    await tx.objectStore('running').delete(sessionId);
    await tx.objectStore('sessions').delete(sessionId);
    const isAsked = options.askBackend || items.some(({ kind }) => kind === 'erasure');
    if (isAsked) await enqueue(outbox, sessionId, { kind: 'erasure' }, Date.now());
  });
}

/** Erases everything of every session, in one strict transaction. The database stays, with what the backend is asked. */
export function eraseAll(db: TurntapeDatabase, { askBackend = false }: EraseOptions = {}): Promise<void> {
  return db.write([...ALL_STORES], 'strict', async (tx) => {
    const sessionIds = await tx.objectStore('sessions').getAllKeys();
    // What the backend was asked before and has not answered yet is asked again, of sessions that are gone here.
    const asked = (await tx.objectStore('outbox').getAll()).filter((item) => item.kind === 'erasure');
    const all = new Set([...(askBackend ? sessionIds : []), ...asked.map((item) => item.session_id)]);
    await Promise.all(ALL_STORES.map((name) => tx.objectStore(name).clear()));
    for (const sessionId of all) await enqueue(tx.objectStore('outbox'), sessionId, { kind: 'erasure' }, Date.now());
  });
}
