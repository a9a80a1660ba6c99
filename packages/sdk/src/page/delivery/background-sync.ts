import { TurntapeError } from '../../core/errors.ts';
import { BACKGROUND_SYNC_TAG, DELIVER_MESSAGE } from '../../upload-contract/background-sync-tag.ts';
import type { Scope } from '../scope.ts';

/** Chromium's alone: the types do not have it. */
interface SyncRegistration extends ServiceWorkerRegistration {
  readonly sync?: { register(tag: string): Promise<void> };
}

/** What asking depends on. */
export interface BackgroundSyncOptions {
  /** Whether there is something to be sent. */
  readonly hasPending: () => boolean;
  readonly onError: (error: TurntapeError) => void;
}

/**
 * Asks the browser to call the app's service worker when there is a network, so that the outbox is emptied without this
 * page. Asked when the page may be about to go, and when the network went: not at every segment, since a browser that is
 * online calls at once, and gives up after a few calls. A browser without Background Sync is not asked; the service worker
 * of a page that is left is told to deliver all the same.
 */
export class BackgroundSync {
  readonly #options: BackgroundSyncOptions;
  #registration: SyncRegistration | undefined;

  constructor(scope: Scope, options: BackgroundSyncOptions) {
    this.#options = options;
    // The types say that it is always there.
    const container = navigator.serviceWorker as ServiceWorkerContainer | undefined;
    // Known before it is needed: a page that goes has no time to ask.
    void container?.ready.then((registration) => (this.#registration = registration));
    const ask = (): void => this.ask();
    scope.listen(globalThis, 'pagehide', () => {
      this.#wake();
      ask();
    });
    scope.listen(globalThis, 'offline', ask);
    scope.listen(document, 'visibilitychange', () => document.visibilityState === 'hidden' && this.ask());
  }

  /**
   * Has the service worker deliver at once. Chromium looks whether the page that made a wish for a sync event is still there,
   * and forgets the wish of one that is gone by then (`BackgroundSyncManager::RegisterDidCheckIfMainFrame`); a message that
   * was posted arrives.
   */
  #wake(): void {
    if (this.#options.hasPending()) this.#registration?.active?.postMessage(DELIVER_MESSAGE);
  }

  /** Asks, if there is something to be sent. */
  ask(): void {
    if (!this.#options.hasPending()) return;
    this.#registration?.sync?.register(BACKGROUND_SYNC_TAG).catch((thrown: unknown) => {
      const detail = { field: 'backgroundSync', retryable: true, cause: thrown };
      this.#options.onError(new TurntapeError('worker_failed', 'background delivery could not be asked for', detail));
    });
  }
}
