import type { Scope } from '../scope.ts';

/** A page that is left, and may come back. */
export interface AwayEvents {
  /** `mayReturn`: the browser means to keep it in its back/forward cache. It may throw it away there without another word. */
  onLeft: (mayReturn: boolean) => void;
  /** It is back from there, with everything that it had in memory. */
  onBack: () => void;
}

/**
 * Tells when a page is left and when it comes back. `unload` and `beforeunload` are not listened to: they keep a page out of
 * the back/forward cache, and telephones do not fire them (https://web.dev/articles/bfcache). `pageshow` is fired at
 * each load as well: only `persisted` says that the page was away.
 */
export function onAway(scope: Scope, { onLeft, onBack }: AwayEvents): void {
  scope.listen(globalThis, 'pagehide', (event) => onLeft(isPersisted(event)));
  scope.listen(globalThis, 'pageshow', (event) => isPersisted(event) && onBack());
}

function isPersisted(event: Event): boolean {
  return event instanceof PageTransitionEvent && event.persisted;
}
