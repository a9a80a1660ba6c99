import type { TurntapeDatabase } from './database.ts';

/**
 * Writes to the disk and takes it back. It throws what keeping a chunk would: Chromium says of no full disk before it refuses a
 * write, and a browser may refuse all of them (private windows of old, a policy).
 * @throws TurntapeError `storage_full`, `storage_failed`, `storage_unavailable`
 */
export async function probeStorage(db: TurntapeDatabase): Promise<void> {
  const hold_id = crypto.randomUUID();
  // A hold of no session whose time is over: it means nothing to anybody, and the next sweep takes it if we cannot.
  await db.write(['holds'], 'relaxed', (tx) => tx.objectStore('holds').put({ hold_id, session_id: '', expires_at: 0 }));
  await db.write(['holds'], 'relaxed', (tx) => tx.objectStore('holds').delete(hold_id));
}
