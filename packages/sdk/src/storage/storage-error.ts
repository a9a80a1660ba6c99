import { TurntapeError, type TurntapeErrorCode } from '../core/errors.ts';

/**
 * The one place where what IndexedDB throws becomes a {@link TurntapeError}. `storage_full`: the quota is used up, what
 * is kept stays. `code` is for everything else that is not named here.
 */
export function toStorageError(thrown: unknown, code: TurntapeErrorCode = 'storage_failed'): TurntapeError {
  if (thrown instanceof TurntapeError) return thrown;
  // By name: Chromium's QuotaExceededError became a class of its own, other browsers still throw a DOMException.
  switch (nameOf(thrown)) {
    case 'QuotaExceededError':
      return new TurntapeError('storage_full', 'the browser gives this site no more room', { cause: thrown });
    case 'VersionError':
      return new TurntapeError(
        'storage_unavailable',
        'a newer version of this page has upgraded the database: reload',
        {
          cause: thrown,
        },
      );
    case 'InvalidStateError':
      return new TurntapeError(code, 'the database is closed: reload the page if another tab has upgraded it', {
        cause: thrown,
      });
    default:
      return new TurntapeError(code, 'the database failed', { cause: thrown });
  }
}

/** True for what a transaction says when it was undone: the reason lies elsewhere. */
export function isAbort(thrown: unknown): boolean {
  return nameOf(thrown) === 'AbortError';
}

function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : typeof thrown;
}
