import { TurntapeError } from '../core/errors.ts';

/** Throws a TurntapeError `aborted` when the signal already is. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortedError(signal);
}

/** The work, or `aborted` as soon as the signal says so: whichever is first. The work itself goes on. */
export async function abortable<Value>(work: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (!signal) return work;
  throwIfAborted(signal);
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(abortedError(signal));
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function abortedError(signal: AbortSignal): TurntapeError {
  return new TurntapeError('aborted', 'the caller gave it up', { cause: signal.reason });
}
