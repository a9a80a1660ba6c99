import { TurntapeError } from '../core/errors.ts';
import { abortable as orAborted } from '../upload/abortable.ts';

/** Throws a TurntapeError `aborted` when the signal already is. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortedError(signal);
}

/** The work, or `aborted` as soon as the signal says so: whichever is first. The work itself goes on. */
export async function abortable<Value>(work: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (!signal) return work;
  try {
    return await orAborted(work, signal);
  } catch (thrown) {
    throw signal.aborted && thrown === signal.reason ? abortedError(signal) : thrown;
  }
}

function abortedError(signal: AbortSignal): TurntapeError {
  return new TurntapeError('aborted', 'the caller gave it up', { cause: signal.reason });
}
