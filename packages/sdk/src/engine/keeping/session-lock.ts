import { pageLock, sessionLock } from '../../core/locks.ts';

/**
 * Takes the Web Lock of a live session; undefined when a live engine holds it. The returned function lets go. While it is
 * held, no other tab takes the session for crashed; a dead tab lets go of it by dying.
 */
export function holdSessionLock(sessionId: string): Promise<(() => void) | undefined> {
  return holdLock(sessionLock(sessionId), { ifAvailable: true });
}

/** The lock of a session whose engine died a moment ago: the browser may not have let go of it yet. */
export async function takeOverSessionLock(sessionId: string): Promise<() => void> {
  const release = await holdLock(sessionLock(sessionId), {});
  return release ?? (() => undefined);
}

/** A page keeps the session: its engine has died, or is about to begin. Nobody else recovers it. */
export async function isKeptByPage(sessionId: string): Promise<boolean> {
  const release = await holdLock(pageLock(sessionId), { ifAvailable: true });
  release?.();
  return release === undefined;
}

/** Held as long as this thread lives: whoever waits for it knows of its death. */
export async function holdForLife(name: string): Promise<void> {
  await holdLock(name, {});
}

function holdLock(name: string, options: LockOptions): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, options, (lock) => {
        if (!lock) {
          resolve(undefined);
          return undefined;
        }
        return new Promise<void>((release) => resolve(release));
      })
      .catch(reject);
  });
}
