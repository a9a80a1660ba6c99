import type { TurntapeError } from '../core/errors.ts';

/**
 * What a backend said when it did not take an item. A target puts it into the `cause` of the error that it throws; the
 * uploader reads the wait from it, a page can show the rest.
 */
export interface ServerAnswer {
  /** HTTP status, or 0 where there is none. */
  readonly status: number;
  /** The backend's own code and words: `error.code`, `error.message` and `error.field` of its body. */
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly field: string | undefined;
  /** How long the backend asks us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

/** The backend's answer behind an error, or undefined when there was none (a cut line, a timeout). */
export function serverAnswer(error: TurntapeError): ServerAnswer | undefined {
  const { cause } = error;
  return typeof cause === 'object' && cause !== null && 'status' in cause ? (cause as ServerAnswer) : undefined;
}
