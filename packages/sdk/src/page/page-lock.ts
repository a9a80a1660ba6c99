import { pageLock } from '../core/locks.ts';
import type { Scope } from './scope.ts';

/** As long as the page keeps the session, nobody recovers it: also not while its engine is replaced. */
export function keepPageLock(sessionId: string, scope: Scope): Promise<void> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(pageLock(sessionId), { ifAvailable: true }, (lock) => {
        resolve();
        // Another tab has this session: the engine will say so.
        return lock && new Promise<void>((release) => scope.add(release));
      })
      .catch(reject);
  });
}
