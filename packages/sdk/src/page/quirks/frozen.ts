import type { Scope } from '../scope.ts';

/**
 * Tells when a page is about to be frozen: none of its tasks run then, and its sound stands still. Only Chromium says so
 * (https://wicg.github.io/page-lifecycle/), by events of the document that the types do not know.
 */
export function onFrozen(scope: Scope, onFreeze: () => void, onResume?: () => void): void {
  scope.listen(document, 'freeze', onFreeze);
  if (onResume) scope.listen(document, 'resume', onResume);
}
