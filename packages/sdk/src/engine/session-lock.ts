/**
 * The Web Lock of a live session. While it is held, no other tab takes the session for crashed; a dead tab lets go of it
 * by dying.
 */
const lockName = (sessionId: string): string => `turntape:session:${sessionId}`;

/** Takes the lock; undefined when a live tab holds it. The returned function lets go. */
export function holdSessionLock(sessionId: string): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(lockName(sessionId), { ifAvailable: true }, (lock) => {
        if (!lock) {
          resolve(undefined);
          return undefined;
        }
        return new Promise<void>((release) => resolve(release));
      })
      .catch(reject);
  });
}
