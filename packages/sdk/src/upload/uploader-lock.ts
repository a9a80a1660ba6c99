import { UPLOADER_LOCK } from '../upload-contract/uploader-lock.ts';

/**
 * Runs `work` while no other uploader of the origin runs its own, and settles with it. Rejects when `signal` is aborted
 * while it still waits.
 */
export type UploaderLock = (work: () => Promise<void>, signal: AbortSignal) => Promise<void>;

/**
 * The lock over all tabs and workers of the origin. It is held while something is sent and never between: a page that
 * holds a lock cannot rest in the back/forward cache, and another tab's turn must come. A world without Web Locks (Node,
 * a page that is not served securely) has no second tab that could record either: there `work` just runs.
 */
export function webLock(name: string = UPLOADER_LOCK): UploaderLock {
  return async (work, signal) => {
    // The types say that they are always there.
    const locks = (globalThis.navigator as { locks?: LockManager } | undefined)?.locks;
    if (!locks) return work();
    await locks.request(name, { signal }, () => work());
  };
}
