/**
 * Web Locks by which threads and tabs know of one another's life: whoever dies lets go.
 */

/** Held by the engine that writes a session. */
export const sessionLock = (sessionId: string): string => `turntape:session:${sessionId}`;

/** Held by the page of a session, also while a crashed engine is replaced: the session is nobody else's to recover. */
export const pageLock = (sessionId: string): string => `turntape:page:${sessionId}`;
