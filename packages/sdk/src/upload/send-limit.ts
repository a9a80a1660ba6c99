import { TurntapeError } from '../core/errors.ts';
import type { OutboxItem } from '../upload-contract/outbox.ts';
import type { UploadTarget } from '../upload-contract/target.ts';
import type { Clock } from './clock.ts';

/**
 * How long a call of a target may take when the target says nothing, beyond the time for its file, in milliseconds. Longer
 * than any answer that is still to come, short enough for a session to be delivered within the hour.
 */
const DEFAULT_SEND_TIMEOUT_MS = 600_000;

/** The slowest line that a file is given time for: a poor 2G link. */
export const SLOWEST_BYTES_PER_SECOND = 4096;

/** The longest that a timer of a browser can wait: one of more ends at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The bound of one call. */
export interface SendLimit {
  /** Aborted when the time is over, with the error that the try has failed with. */
  readonly signal: AbortSignal;
  /** The call has settled. */
  end(): void;
}

/** @throws TurntapeError `invalid_option` (`target.sendTimeoutMs`) */
export function checkSendTimeout({ sendTimeoutMs }: UploadTarget): void {
  if (sendTimeoutMs === undefined || sendTimeoutMs > 0) return;
  const field = 'target.sendTimeoutMs';
  throw new TurntapeError('invalid_option', `${field} must be a positive number`, { field });
}

/** Begins to count: a call that never settles would hold its item, and every item behind it, for ever. */
export function limitSend({ sendTimeoutMs }: UploadTarget, { byteSize }: OutboxItem, clock: Clock): SendLimit {
  const limit = new AbortController();
  const limitMs = (sendTimeoutMs ?? DEFAULT_SEND_TIMEOUT_MS) + (byteSize / SLOWEST_BYTES_PER_SECOND) * 1000;
  if (limitMs > LONGEST_TIMER_MS) return { signal: limit.signal, end: () => {} };
  const end = clock.after(limitMs, () => {
    const message = `the target did not settle within ${Math.ceil(limitMs / 1000)} s`;
    limit.abort(new TurntapeError('network', message, { field: 'sendTimeoutMs', retryable: true }));
  });
  return { signal: limit.signal, end };
}
