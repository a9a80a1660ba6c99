import { TurntapeError, fromErrorFacts } from '../core/errors.ts';
import { abortable } from './abortable.ts';
import type { DeliveryQueue } from './delivery-queue.ts';

/** What a waiter finds: not yet, done, or never. */
type Verdict = 'waiting' | 'done' | TurntapeError;

interface Waiter {
  /** False until the outbox has been read once since the question was asked. */
  isInformed: boolean;
  verdict(): Verdict;
  resolve(): void;
  reject(error: TurntapeError): void;
}

/** Those who wait for the outbox to be empty, wholly or of one session. */
export class DeliveryWaiters {
  readonly #queue: DeliveryQueue;
  readonly #waiters = new Set<Waiter>();

  constructor(queue: DeliveryQueue) {
    this.#queue = queue;
  }

  /** Settles when nothing is left to be sent, other than what is paused. */
  whenIdle(signal: AbortSignal | undefined): Promise<void> {
    return this.#wait(() => (this.#queue.isIdle ? 'done' : 'waiting'), signal);
  }

  /** Settles when everything of a session is acknowledged; rejects when something of it never will be by itself. */
  whenDelivered(sessionId: string, signal: AbortSignal | undefined): Promise<void> {
    return this.#wait(() => this.#ofSession(sessionId), signal);
  }

  /** To be called before the outbox is read; `inform` with it when that succeeded. */
  asking(): ReadonlySet<unknown> {
    return new Set(this.#waiters);
  }

  /** The outbox was read: those who asked before can be answered from what is known now. */
  inform(asking: ReadonlySet<unknown>): void {
    for (const waiter of this.#waiters) if (asking.has(waiter)) waiter.isInformed = true;
    this.check();
  }

  /** Answers those whose wait is over. To be called at every change. */
  check(): void {
    for (const waiter of Array.from(this.#waiters)) {
      const verdict = waiter.isInformed ? waiter.verdict() : 'waiting';
      if (verdict === 'waiting') continue;
      this.#waiters.delete(waiter);
      if (verdict === 'done') waiter.resolve();
      else waiter.reject(verdict);
    }
  }

  /** Nobody will answer any more. */
  giveUp(error: TurntapeError): void {
    for (const waiter of this.#waiters) waiter.reject(error);
    this.#waiters.clear();
  }

  async #wait(verdict: () => Verdict, signal: AbortSignal | undefined): Promise<void> {
    let waiter: Waiter | undefined;
    const answer = new Promise<void>((resolve, reject) => {
      waiter = { isInformed: false, verdict, resolve, reject };
      this.#waiters.add(waiter);
    });
    if (!signal) return answer;
    try {
      await abortable(answer, signal);
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
      throw new TurntapeError('aborted', 'the wait was aborted', { cause: signal.reason });
    } finally {
      if (waiter) this.#waiters.delete(waiter);
    }
  }

  #ofSession(sessionId: string): Verdict {
    const { pending, rejected, refused } = this.#queue.session(sessionId);
    if (pending > 0) return refused ?? 'waiting';
    const refusal = rejected.find((item) => item.error?.code !== 'not_supported_by_target');
    if (refusal === undefined) return 'done';
    return refusal.error
      ? fromErrorFacts(refusal.error)
      : new TurntapeError('rejected', 'the backend refused an item of this session for good');
  }
}
