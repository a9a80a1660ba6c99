import type { Emitter } from '../core/emitter.ts';
import { TurntapeError, toErrorFacts } from '../core/errors.ts';
import type { Outbox, OutboxEntry, OutboxItem, OutboxPayload } from '../upload-contract/outbox.ts';
import { serverAnswer } from '../upload-contract/server-answer.ts';
import type { Circuit } from './circuit.ts';
import type { Clock } from './clock.ts';
import type { Outcome } from './deliver.ts';
import type { DeliveryQueue } from './delivery-queue.ts';
import { type RetryPolicy, retryDelayMs } from './retry-policy.ts';
import type { UploaderEvents } from './uploader-events.ts';

/** What the record writes to and reads from. */
export interface DeliveryRecordOptions {
  readonly outbox: Outbox;
  readonly queue: DeliveryQueue;
  readonly circuit: Circuit;
  readonly news: Emitter<UploaderEvents>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly policy: RetryPolicy;
}

/**
 * Writes down what became of a try: first in the outbox, then in the queue, then as news. When the outbox itself fails
 * the item rests and is tried again: a backend that had it already says so, and nothing is told twice.
 */
export class DeliveryRecord {
  readonly #options: DeliveryRecordOptions;
  readonly #unsupported = new Map<OutboxPayload['kind'], TurntapeError>();
  /** How often in a row the outbox failed on an item: by its place, since it may not be able to count them itself. */
  readonly #mishaps = new Map<number, number>();

  constructor(options: DeliveryRecordOptions) {
    this.#options = options;
  }

  /** What is already known of this kind of item, without asking. */
  foregone({ payload }: OutboxItem): Outcome | undefined {
    const error = this.#unsupported.get(payload.kind);
    return error && { type: 'unsupported', error };
  }

  /** Lets the backend be asked again for what it had no place for. */
  forgetUnsupported(): void {
    this.#unsupported.clear();
  }

  /** The bytes have gone. */
  async sent(item: OutboxItem): Promise<void> {
    try {
      await this.#options.outbox.sent(item);
    } catch (thrown) {
      this.#report(thrown);
    }
    this.#options.news.emit('sent', { item });
  }

  /** Writes an outcome down. Never rejects. */
  async outcome(item: OutboxItem, outcome: Outcome): Promise<void> {
    const { queue, circuit, clock } = this.#options;
    if (outcome.type === 'failed') circuit.failed(outcome.error, clock.nowMs());
    else if (outcome.type !== 'aborted' && outcome.type !== 'unreadable') circuit.answered();
    const isLeaving = outcome.type === 'acknowledged';
    if (isLeaving) queue.leave();
    try {
      await this.#write(item, outcome);
      this.#mishaps.delete(item.seq);
    } catch (thrown) {
      this.mishap(item, thrown);
    } finally {
      queue.release(item, isLeaving);
    }
  }

  /** The outbox failed on an item: it rests, each time for longer, and is tried again. */
  mishap(item: OutboxEntry, thrown: unknown): void {
    const mishaps = (this.#mishaps.get(item.seq) ?? 0) + 1;
    this.#mishaps.set(item.seq, mishaps);
    const { untilMs } = this.#rest(item.attempts + mishaps, undefined);
    this.#options.queue.rest(item, item.attempts, { untilMs, code: 'storage_failed' });
    this.#report(thrown);
  }

  async #write(item: OutboxItem, outcome: Outcome): Promise<void> {
    const { outbox, queue, news } = this.#options;
    const attempt = item.attempts + 1;
    switch (outcome.type) {
      case 'aborted':
        return;
      case 'acknowledged':
        await outbox.acknowledged(item, outcome.receipt);
        queue.remove(item);
        news.emit('acknowledged', { item, receipt: outcome.receipt });
        return;
      case 'failed': {
        const { error } = outcome;
        const { delayMs, untilMs } = this.#rest(attempt, serverAnswer(error)?.retryAfterMs);
        await outbox.failed(item, toErrorFacts(error, 'network'), untilMs);
        queue.rest(item, attempt, { untilMs, code: error.code });
        news.emit('failed', { item, error, attempt, delayMs });
        return;
      }
      case 'refused':
        await outbox.failed(item, toErrorFacts(outcome.error, 'unauthorized'));
        queue.rest(item, attempt, undefined);
        queue.refuse(item.sessionId, outcome.error);
        news.emit('paused', { sessionId: item.sessionId, error: outcome.error });
        return;
      case 'rejected':
      case 'unreadable':
        await this.#reject(item, outcome.error);
        news.emit('rejected', { item, error: outcome.error });
        return;
      case 'unsupported': {
        const { kind } = item.payload;
        await this.#reject(item, outcome.error);
        if (this.#unsupported.has(kind)) return;
        this.#unsupported.set(kind, outcome.error);
        news.emit('unsupported', { kind, error: outcome.error });
      }
    }
  }

  async #reject(item: OutboxItem, error: TurntapeError): Promise<void> {
    const { outbox, queue } = this.#options;
    await outbox.rejected(item, toErrorFacts(error, 'rejected'));
    queue.reject(item, error);
  }

  #rest(attempt: number, retryAfterMs: number | undefined): { delayMs: number; untilMs: number } {
    const { clock, random, policy } = this.#options;
    const delayMs = retryDelayMs({ attempt, retryAfterMs, random: random() }, policy);
    return { delayMs, untilMs: clock.nowMs() + delayMs };
  }

  #report(thrown: unknown): void {
    const error =
      thrown instanceof TurntapeError
        ? thrown
        : new TurntapeError('storage_failed', 'the outbox failed', { retryable: true, cause: thrown });
    this.#options.news.emit('error', { error });
  }
}
