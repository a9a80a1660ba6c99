import type { TurntapeDatabase } from './database.ts';

/**
 * Writes down that the page of a session is being left: whoever finishes the session then knows that nothing crashed.
 *
 * To be called in a listener of `pagehide`, and begun by nothing that awaits: a page that goes gets no further task, and
 * IndexedDB commits by itself only in one. So the transaction is committed by word of its own, and is with the browser's
 * process when this returns: https://www.w3.org/TR/IndexedDB/#dom-idbtransaction-commit. When it settles it is known to be
 * there; usually nobody is left to hear of it.
 */
export function markPageExit(db: TurntapeDatabase, sessionId: string, nowMs = Date.now()): Promise<void> {
  return db.write(['page_exits'], 'relaxed', async (tx) => {
    const put = tx.objectStore('page_exits').put({ session_id: sessionId, at: nowMs });
    tx.commit();
    await put;
  });
}

/** The page is back: it was not left after all. */
export function unmarkPageExit(db: TurntapeDatabase, sessionId: string): Promise<void> {
  return db.write(['page_exits'], 'relaxed', (tx) => tx.objectStore('page_exits').delete(sessionId));
}

/** When the page of a session was left, in milliseconds since 1970; undefined: nobody saw it go. */
export async function pageExitOf(db: TurntapeDatabase, sessionId: string): Promise<number | undefined> {
  const row = await db.read(['page_exits'], (tx) => tx.objectStore('page_exits').get(sessionId));
  return row?.at;
}
