/** How long to wait after a failure. */
export interface RetryPolicy {
  /** Ceiling of the first wait, in milliseconds; it doubles with each attempt. */
  readonly baseMs: number;
  /** The ceiling never rises above this. */
  readonly maxMs: number;
  /** No wait is shorter: chance may say zero, and a failing backend must never be asked in a loop. */
  readonly minMs: number;
  /** A backend that asks for longer than this is asked again after this. */
  readonly maxRetryAfterMs: number;
}

/** The defaults. A minute keeps a device near a backend that comes back; an hour bounds a mistaken Retry-After. */
export const RETRY_POLICY: RetryPolicy = Object.freeze({
  baseMs: 1000,
  maxMs: 60_000,
  minMs: 100,
  maxRetryAfterMs: 3_600_000,
});

/** What a wait depends on. */
export interface RetryCause {
  /** The tries so far, this one included: 1 after the first failure. */
  readonly attempt: number;
  /** What the backend asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** 0 … 1, the next number of a random source. */
  readonly random: number;
}

/**
 * The wait after a failed try, in milliseconds. Exponential with full jitter: anywhere between nothing (almost) and the
 * ceiling of the attempt, so that a thousand devices that failed together do not come back together. What a backend asks
 * for is never cut short, and jitter comes on top of it.
 */
export function retryDelayMs(cause: RetryCause, policy: RetryPolicy = RETRY_POLICY): number {
  const { attempt, retryAfterMs, random } = cause;
  const ceilingMs = Math.min(policy.maxMs, policy.baseMs * 2 ** (attempt - 1));
  const jitterMs = Math.round(policy.minMs + random * (ceilingMs - policy.minMs));
  if (retryAfterMs === undefined) return jitterMs;
  return Math.min(policy.maxRetryAfterMs, Math.max(0, Math.round(retryAfterMs))) + jitterMs;
}
