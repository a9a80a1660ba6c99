import type { TurntapeError } from '../core/errors.ts';
import { serverAnswer } from '../upload-contract/server-answer.ts';
import { type RetryPolicy, retryDelayMs } from './retry-policy.ts';

/**
 * Tries in a row that must fail, whosever they were, before the backend counts as down. Below it each item's own wait is
 * enough; a bad session alone is overtaken by the next good one.
 */
const FAILURES_TO_OPEN = 5;

/**
 * The circuit breaker. When the backend failed again and again, nothing is tried for a while, of any session; then one
 * item alone, and the rest only when that was answered. A thousand waiting sessions then cost a backend that is down one
 * request per wait, not a thousand.
 */
export class Circuit {
  readonly #policy: RetryPolicy;
  readonly #random: () => number;
  #failures = 0;
  #untilMs: number | undefined;
  #isNetwork = false;

  constructor(policy: RetryPolicy, random: () => number) {
    this.#policy = policy;
    this.#random = random;
  }

  /** Nothing is tried before this, and then one item alone. Undefined: the backend is not known to be down. */
  get restsUntilMs(): number | undefined {
    return this.#untilMs;
  }

  /** The backend has answered for an item, whatever it said of it. */
  answered(): void {
    this.#failures = 0;
    this.#untilMs = undefined;
  }

  /** No answer, or one that says that it cannot answer now. A failure of the device says nothing of the backend. */
  failed(error: TurntapeError, nowMs: number): void {
    if (error.code !== 'network' && error.code !== 'server_error') return;
    this.#failures += 1;
    this.#isNetwork = error.code === 'network';
    if (this.#failures < FAILURES_TO_OPEN) return;
    const attempt = this.#failures - FAILURES_TO_OPEN + 1;
    const retryAfterMs = serverAnswer(error)?.retryAfterMs;
    this.#untilMs = nowMs + retryDelayMs({ attempt, retryAfterMs, random: this.#random() }, this.#policy);
  }

  /** The app wants it tried now, or (`onlyNetwork`) the network may be back: one item may go. */
  hint(nowMs: number, { onlyNetwork = false } = {}): void {
    if (this.#untilMs !== undefined && (!onlyNetwork || this.#isNetwork))
      this.#untilMs = Math.min(this.#untilMs, nowMs);
  }
}
