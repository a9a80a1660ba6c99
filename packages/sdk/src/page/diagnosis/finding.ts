import type { Finding, FindingArea } from '../../core/diagnosis.ts';
import { type TurntapeErrorCode, toErrorFacts } from '../../core/errors.ts';

/**
 * An engine or a backend that has not answered by then does not answer: well above what either takes on a busy machine. Both are asked at
 * once, so that all of it is said within five seconds.
 */
export const ANSWER_MS = 4000;

/** What was thrown, as what stands in the way; `code` for what is no error of ours. */
export function ofError(area: FindingArea, thrown: unknown, code: TurntapeErrorCode = 'worker_failed'): Finding {
  const facts = toErrorFacts(thrown, code);
  return { area, code: facts.code, blocking: true, message: facts.message };
}

/** What comes of the work within {@link ANSWER_MS}; undefined: it has not settled by then. */
export async function settledInTime<Value>(work: Promise<Value>): Promise<Value | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), ANSWER_MS);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
