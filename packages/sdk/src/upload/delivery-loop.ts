import type { Emitter } from '../core/emitter.ts';
import { TurntapeError } from '../core/errors.ts';
import type { Outbox, OutboxItem } from '../upload-contract/outbox.ts';
import type { UploadTarget } from '../upload-contract/target.ts';
import { Bell } from './bell.ts';
import type { Clock } from './clock.ts';
import { deliver } from './deliver.ts';
import type { DeliveryQueue } from './delivery-queue.ts';
import type { DeliveryRecord } from './delivery-record.ts';
import type { DeliveryWaiters } from './delivery-waiters.ts';
import { type RetryPolicy, retryDelayMs } from './retry-policy.ts';
import type { UploaderLock } from './uploader-lock.ts';
import type { UploaderEvents } from './uploader-events.ts';

/** What the loop works with. */
export interface DeliveryLoopOptions {
  readonly outbox: Outbox;
  readonly target: UploadTarget;
  readonly queue: DeliveryQueue;
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
  #underWay = 0;
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
    const nowMs = this.#options.clock.nowMs();
    return !this.stopped.aborted && nowMs >= this.#restsUntilMs && this.#options.queue.hasNext(nowMs);
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
    const { queue, clock, concurrency } = this.#options;
    for (;;) {
      if (this.#isStale) await this.#look();
      while (this.#canSend && this.#underWay < concurrency) {
        const item = queue.next(clock.nowMs());
        if (item !== undefined) void this.#send(item);
      }
      if (this.#underWay === 0) return;
      await this.#sleep();
    }
  }

  async #send(item: OutboxItem): Promise<void> {
    const { outbox, target, record, changed } = this.#options;
    this.#underWay += 1;
    changed();
    const onSent = (): Promise<void> => record.sent(item);
    const outcome = record.foregone(item) ?? (await deliver(item, { outbox, target, signal: this.stopped, onSent }));
    await record.outcome(item, outcome);
    this.#underWay -= 1;
    changed();
    this.#bell.ring();
  }

  /** Reads the outbox. False: it failed, and what is known may be old. */
  async #look(): Promise<boolean> {
    const { outbox, queue, waiters, clock, news, changed } = this.#options;
    this.#isStale = false;
    const asking = waiters.asking();
    queue.startReading();
    try {
      const gone = queue.load(await outbox.items(), clock.nowMs());
      for (const item of gone) news.emit('elsewhere', { item });
    } catch (thrown) {
      this.#mishap(thrown, 'the outbox could not be read');
      return false;
    }
    waiters.inform(asking);
    changed();
    return true;
  }

  /** Sleeps until somebody rings, or until something that rests may be tried, if there is a hand free for it. */
  async #sleep(): Promise<void> {
    const { queue, clock, concurrency } = this.#options;
    const nowMs = clock.nowMs();
    const wakeAtMs = this.#restsUntilMs > nowMs ? this.#restsUntilMs : queue.wakeAtMs();
    const isBusy = this.#underWay >= concurrency;
    const cancel =
      wakeAtMs === undefined || isBusy
        ? undefined
        : clock.after(Math.max(0, wakeAtMs - nowMs), () => this.#bell.ring());
    await this.#bell.heard();
    cancel?.();
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
