import type { Scope } from '../scope.ts';

/**
 * Tells when a page stops being seen: once each time. By `visibilitychange`, which is the last event that a page on a
 * telephone gets for certain, and by `pagehide` as well: Safari before 14.1 leaves a page without the former
 * (https://bugs.webkit.org/show_bug.cgi?id=151234), and when a page is left browsers fire it only after `pagehide`
 * (https://github.com/w3c/page-visibility/issues/67).
 */
export function onHiddenOnce(scope: Scope, listener: () => void): void {
  let isTold = false;
  const tell = (): void => {
    if (isTold) return;
    isTold = true;
    listener();
  };
  scope.listen(document, 'visibilitychange', () => {
    if (document.visibilityState === 'hidden') tell();
    else isTold = false;
  });
  scope.listen(globalThis, 'pagehide', tell);
  scope.listen(globalThis, 'pageshow', () => (isTold = document.visibilityState === 'hidden'));
}
