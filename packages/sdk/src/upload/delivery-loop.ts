import type { Emitter } from '../core/emitter.ts';
import { TurntapeError } from '../core/errors.ts';
import type { Outbox, OutboxChoice, OutboxEntry, OutboxItem } from '../upload-contract/outbox.ts';
import type { UploadTarget } from '../upload-contract/target.ts';
import { Bell } from './bell.ts';
import type { Circuit } from './circuit.ts';
import type { Clock } from './clock.ts';
import { type Outcome, deliver } from './deliver.ts';
import type { DeliveryMeter } from './delivery-meter.ts';
import type { DeliveryQueue } from './delivery-queue.ts';
import type { DeliveryRecord } from './delivery-record.ts';
import type { DeliveryWaiters } from './delivery-waiters.ts';
import { type RetryPolicy, retryDelayMs } from './retry-policy.ts';
import { limitSend } from './send-limit.ts';
import type { UploaderLock } from './uploader-lock.ts';
import type { UploaderEvents } from './uploader-events.ts';

/** What the loop works with. */
export interface DeliveryLoopOptions {
  readonly outbox: Outbox;
  readonly target: UploadTarget;
  readonly queue: DeliveryQueue;
  readonly circuit: Circuit;
  readonly meter: DeliveryMeter;
  readonly record: DeliveryRecord;
  readonly waiters: DeliveryWaiters;
  readonly news: Emitter<UploaderEvents>;
  readonly lock: UploaderLock;
  readonly clock: Clock;
  readonly random: () => number;
  readonly policy: RetryPolicy;
  readonly concurrency: number;
  /** Called after everything that may have changed what is pending. */
  readonly changed: () => void;
}

/**
 * The uploader's heartbeat: look into the outbox, send while something is ready, sleep until a nudge or until something
 * that rests may be tried. Each round sends, or sleeps: it never spins.
 */
export class DeliveryLoop {
  readonly #options: DeliveryLoopOptions;
  readonly #bell = new Bell();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  /** Something may have been added to the outbox since it was read. */
  #isStale = true;
  /** What is under way, and what ends it. */
  readonly #underWay = new Map<OutboxEntry, AbortController>();
  /** The outbox or the lock failed this often in a row, and is left alone until then. */
  #mishaps = 0;
  #restsUntilMs = 0;

  constructor(options: DeliveryLoopOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** Aborted with the reason that was given to {@link stop}. */
  get stopped(): AbortSignal {
    return this.#stop.signal;
  }

  /** Looks into the outbox again, soon. Never lost, however often and whenever it comes. */
  nudge(): void {
    this.#isStale = true;
    this.#bell.ring();
  }

  /** Ends what is under way of these items. */
  cancel({ sessionId, seq }: OutboxChoice): void {
    for (const [item, abort] of this.#underWay) {
      const isMeant = (sessionId ?? item.sessionId) === item.sessionId && (seq ?? item.seq) === item.seq;
      if (isMeant) abort.abort(new TurntapeError('aborted', 'the item was cancelled'));
    }
  }

  /** Ends what is under way of a session that was erased, or of all. What a backend is asked to erase goes on. */
  erased(sessionId: string | undefined): void {
    for (const [item, abort] of this.#underWay)
      if (item.kind !== 'erasure' && (sessionId ?? item.sessionId) === item.sessionId)
        abort.abort(new TurntapeError('aborted', 'the session was erased'));
  }

  /** Ends the loop and what is under way; settles when nothing is written any more. */
  stop(reason: TurntapeError): Promise<void> {
    this.#stop.abort(reason);
    this.#bell.ring();
    return this.#running;
  }

  async #run(): Promise<void> {
    const { stopped } = this;
    while (!stopped.aborted) {
      await this.#look();
      if (this.#canSend) await this.#sendUnderLock();
      if (!stopped.aborted) await this.#sleep();
    }
  }

  get #canSend(): boolean {
    const { clock, queue } = this.#options;
    const nowMs = clock.nowMs();
    return !this.stopped.aborted && nowMs >= this.#closedUntilMs && this.#hasFreeHand && queue.hasNext(nowMs);
  }

  /** Nothing at all is tried before this. */
  get #closedUntilMs(): number {
    return Math.max(this.#restsUntilMs, this.#options.circuit.restsUntilMs ?? 0);
  }

  /** A backend that may still be down gets one item at a time. */
  get #hasFreeHand(): boolean {
    const { circuit, concurrency } = this.#options;
    return this.#underWay.size < (circuit.restsUntilMs === undefined ? concurrency : 1);
  }

  async #sendUnderLock(): Promise<void> {
    try {
      await this.#options.lock(() => this.#drain(), this.stopped);
    } catch (thrown) {
      if (!this.stopped.aborted) this.#mishap(thrown, 'the lock of the uploaders failed');
    }
  }

  /** Sends until nothing is ready. Looks again first: while we waited for the lock, its holder has sent. */
  async #drain(): Promise<void> {
    if (!(await this.#look())) return;
    this.#mishaps = 0;
    const { queue, clock } = this.#options;
    for (;;) {
      if (this.#isStale) await this.#look();
      while (this.#canSend) {
        const item = queue.next(clock.nowMs());
        if (item !== undefined) void this.#send(item);
      }
      if (this.#underWay.size === 0) return;
      await this.#sleep();
    }
  }

  async #send(entry: OutboxEntry): Promise<void> {
    const { meter, clock, changed } = this.#options;
    const abort = new AbortController();
    this.#underWay.set(entry, abort);
    meter.began(clock.nowMs());
    changed();
    const isAcknowledged = await this.#try(entry, AbortSignal.any([this.stopped, abort.signal]));
    this.#underWay.delete(entry);
    meter.ended(clock.nowMs(), isAcknowledged ? entry : undefined);
    changed();
    this.#bell.ring();
  }

  /** One try of an item, as it is in the outbox at this moment. True: acknowledged. Never rejects. */
  async #try(entry: OutboxEntry, signal: AbortSignal): Promise<boolean> {
    const { outbox, queue, record, clock, news } = this.#options;
    try {
      const item = await outbox.item(entry.seq);
      if (!item) {
        queue.remove(entry);
        queue.release(entry);
        news.emit('elsewhere', { item: entry });
        return false;
      }
      const nowMs = clock.nowMs();
      const isOurs = item.state === 'pending' && (item.attempts <= entry.attempts || (item.retryAt ?? 0) <= nowMs);
      if (!isOurs) {
        // Another tab rejected it, or has tried it and must wait.
        queue.update(item, nowMs);
        queue.release(entry);
        return false;
      }
      const outcome = record.foregone(item) ?? (await this.#deliver(item, signal));
      await record.outcome(item, outcome);
      return outcome.type === 'acknowledged';
    } catch (thrown) {
      record.mishap(entry, thrown);
      queue.release(entry);
      return false;
    }
  }

  async #deliver(item: OutboxItem, signal: AbortSignal): Promise<Outcome> {
    const { outbox, target, record, clock } = this.#options;
    const limit = limitSend(target, item, clock);
    try {
      const onSent = (): Promise<void> => record.sent(item);
      return await deliver(item, { outbox, target, signal, limit: limit.signal, onSent });
    } finally {
      limit.end();
    }
  }

  /** Reads the outbox. False: it failed, and what is known may be old. */
  async #look(): Promise<boolean> {
    const { outbox, queue, waiters, clock, news, changed } = this.#options;
    this.#isStale = false;
    const asking = waiters.asking();
    const known = queue.startReading();
    try {
      const reading = await outbox.read(known);
      const gone = queue.load(reading, clock.nowMs());
      // Nobody could say whether something had left: asked again.
      if (known && known.count === undefined && !reading.isWhole) this.#isStale = true;
      for (const item of gone) news.emit('elsewhere', { item });
      news.emit('looked', { isWhole: reading.isWhole });
    } catch (thrown) {
      this.#mishap(thrown, 'the outbox could not be read');
      return false;
    }
    waiters.inform(asking);
    changed();
    return true;
  }

  /** Sleeps until somebody rings, or until something may be tried, if there is a hand free for it. */
  async #sleep(): Promise<void> {
    const { clock } = this.#options;
    const nowMs = clock.nowMs();
    const wakeAtMs = this.#hasFreeHand ? this.#wakeAtMs(nowMs) : undefined;
    const cancel =
      wakeAtMs === undefined ? undefined : clock.after(Math.max(0, wakeAtMs - nowMs), () => this.#bell.ring());
    await this.#bell.heard();
    cancel?.();
  }

  #wakeAtMs(nowMs: number): number | undefined {
    const nextAtMs = this.#options.queue.nextAtMs(nowMs);
    if (nextAtMs !== undefined) return Math.max(nextAtMs, this.#closedUntilMs);
    // What could not be read must be read again, whatever is known of it.
    return this.#restsUntilMs > nowMs ? this.#restsUntilMs : undefined;
  }

  /** What we stand on failed: tell, and leave it alone for a while. */
  #mishap(thrown: unknown, message: string): void {
    const { news, clock, random, policy } = this.#options;
    this.#mishaps += 1;
    const cause = { attempt: this.#mishaps, retryAfterMs: undefined, random: random() };
    this.#restsUntilMs = clock.nowMs() + retryDelayMs(cause, policy);
    const error =
      thrown instanceof TurntapeError
        ? thrown
        : new TurntapeError('storage_failed', message, { retryable: true, cause: thrown });
    news.emit('error', { error });
  }
}
