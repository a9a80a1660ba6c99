import type { TurntapeDatabase } from './database.ts';

/**
 * Which sessions nobody has stopped. A row stands from a session's start to its end, so that a stop can be written down on a
 * disk that takes nothing any more: by taking the row away. What is `active` and has none was stopped, and nothing crashed.
 */

/** The session was stopped, and there was no room to say how it ended: whoever finishes it then does not call that a crash. */
export function stoppedWithoutRoom(db: TurntapeDatabase, sessionId: string): Promise<void> {
  return db.write(['running'], 'strict', (tx) => tx.objectStore('running').delete(sessionId));
}

/** False: it was stopped, or has ended. */
export async function isRunning(db: TurntapeDatabase, sessionId: string): Promise<boolean> {
  return (await db.read(['running'], (tx) => tx.objectStore('running').getKey(sessionId))) !== undefined;
}
