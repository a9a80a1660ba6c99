import { Emitter, type Off } from '../core/emitter.ts';
import { TurntapeError, toErrorFacts } from '../core/errors.ts';
import type { Outbox, OutboxChoice, OutboxEntry } from '../upload-contract/outbox.ts';
import type { UploadTarget } from '../upload-contract/target.ts';
import { Circuit } from './circuit.ts';
import { type Clock, systemClock } from './clock.ts';
import { DeliveryLoop } from './delivery-loop.ts';
import { DeliveryMeter } from './delivery-meter.ts';
import { DeliveryQueue } from './delivery-queue.ts';
import { DeliveryRecord } from './delivery-record.ts';
import { DeliveryWaiters } from './delivery-waiters.ts';
import type { ErasureHint } from './erasure-hint.ts';
import { type OnlineHint, onlineEvents } from './online-hint.ts';
import { RETRY_POLICY, type RetryPolicy } from './retry-policy.ts';
import { checkSendTimeout } from './send-limit.ts';
import { type UploaderLock, webLock } from './uploader-lock.ts';
import type { UploadProgress, UploaderEvents } from './uploader-events.ts';

/** What an uploader is made of. Only `outbox` and `target` are needed. */
export interface UploaderOptions {
  outbox: Outbox;
  target: UploadTarget;
  /** Sessions that are served at the same time; within one it is always one item after the other. Default 2. */
  concurrency?: number | undefined;
  /** Waits after a failure. Default {@link RETRY_POLICY}, field by field. */
  retry?: Partial<RetryPolicy> | undefined;
  /** Default: the Web Lock of the origin. */
  lock?: UploaderLock | undefined;
  /** Default: the browser's `online` event. */
  online?: OnlineHint | undefined;
  /** Default: none; {@link erasuresElsewhere} where there may be other tabs. */
  erasures?: ErasureHint | undefined;
  /** Default: the system's. */
  clock?: Clock | undefined;
  /** 0 … 1. Default: `Math.random`. */
  random?: (() => number) | undefined;
}

/** For calls that wait. */
export interface WaitOptions {
  /** Ends the wait, and nothing else. */
  signal?: AbortSignal | undefined;
}

/** What makes progress news. */
const TOLD = ['pending', 'pendingBytes', 'sending', 'rejected', 'restsUntilMs'] as const;

/**
 * Makes an uploader, which begins at once with what the outbox holds.
 * @throws TurntapeError `invalid_option` (`target.sendTimeoutMs`)
 */
export function createUploader(options: UploaderOptions): Uploader {
  checkSendTimeout(options.target);
  return new Uploader(options);
}

/**
 * Empties an outbox into a target: in order within a session, until each item is acknowledged or refused for good. One
 * per origin sends at a time. It owns no data: whatever happens to it, the outbox knows what is left.
 */
export class Uploader {
  readonly #outbox: Outbox;
  readonly #news = new Emitter<UploaderEvents>((thrown, type) => this.#listenerThrew(thrown, type));
  readonly #queue: DeliveryQueue;
  readonly #circuit: Circuit;
  readonly #meter = new DeliveryMeter();
  readonly #clock: Clock;
  readonly #record: DeliveryRecord;
  readonly #waiters: DeliveryWaiters;
  readonly #loop: DeliveryLoop;
  readonly #ignoreHints: readonly Off[];
  #told: UploadProgress | undefined;

  constructor(options: UploaderOptions) {
    const { outbox, target, concurrency = 2, clock = systemClock, random = Math.random } = options;
    const { lock = webLock(), online = onlineEvents, erasures } = options;
    const policy = { ...RETRY_POLICY, ...options.retry };
    const news = this.#news;
    const queue = new DeliveryQueue(policy);
    const circuit = new Circuit(policy, random);
    const record = new DeliveryRecord({ outbox, queue, circuit, news, clock, random, policy });
    const waiters = new DeliveryWaiters(queue);
    this.#outbox = outbox;
    this.#queue = queue;
    this.#circuit = circuit;
    this.#clock = clock;
    this.#record = record;
    this.#waiters = waiters;
    const changed = (): void => this.#changed();
    const parts = { outbox, target, queue, circuit, record, waiters, news, lock, clock, random, policy, concurrency };
    this.#loop = new DeliveryLoop({ ...parts, meter: this.#meter, changed });
    const ignoreOnline = online(() => {
      // Only what failed for want of a network: a backend that asked for time is given it.
      queue.wake({ code: 'network' });
      circuit.hint(clock.nowMs(), { onlyNetwork: true });
      this.nudge();
    });
    const ignoreErasures = erasures?.((sessionId) => this.erased(sessionId));
    this.#ignoreHints = ignoreErasures ? [ignoreOnline, ignoreErasures] : [ignoreOnline];
  }

  /** Calls `listener` at each event of this type, until the returned function is called. */
  on<Type extends keyof UploaderEvents>(type: Type, listener: (event: UploaderEvents[Type]) => void): Off {
    return this.#news.on(type, listener);
  }

  /** How much is still to be sent, as far as the last look into the outbox knows. */
  get progress(): UploadProgress {
    const counts = this.#queue.counts;
    const { delivered } = this.#meter;
    const remainingMs = this.#meter.remainingMs(counts.pending, counts.pendingBytes);
    return { ...counts, ...delivered, remainingMs, restsUntilMs: this.#circuit.restsUntilMs };
  }

  /**
   * What may be sent now, in order: not what is rejected, nor what a pause or a refused token holds back. Up to `most` of
   * them; undefined: there are more.
   */
  sendable(most: number): readonly OutboxEntry[] | undefined {
    return this.#queue.counts.pending > most ? undefined : this.#queue.sendable();
  }

  /** Says that something was added to the outbox. Never lost, however often and whenever it comes. */
  nudge(): void {
    this.#loop.nudge();
  }

  /** Starts nothing new, of one session or of all; what is under way ends. Nothing is lost by it. */
  pause(sessionId?: string): void {
    this.#queue.pause(sessionId);
    this.#news.emit('paused', { sessionId, error: undefined });
    this.#changed();
  }

  /** Goes on, with one session or with all; also with those whose token was refused. */
  resume(sessionId?: string): void {
    this.#queue.resume(sessionId);
    this.#circuit.hint(this.#clock.nowMs());
    this.#news.emit('resumed', { sessionId });
    this.nudge();
  }

  /**
   * Tries everything again now, of all, of one session, or one item: what was rejected, what rests after a failure, what
   * a token was refused for, and what the backend had no place for.
   */
  async retry(choice: OutboxChoice = {}): Promise<void> {
    await this.#outbox.retry(choice);
    this.#record.forgetUnsupported();
    this.#queue.wake(choice);
    this.#queue.forget();
    this.resume(choice.sessionId);
  }

  /**
   * Gives up sending: of all, of one session, or one item, also what is under way. The items stay on the device, as
   * rejected with the code `aborted`, until they are retried or erased. What the backend had already, it has.
   */
  async cancel(choice: OutboxChoice): Promise<void> {
    const error = new TurntapeError('aborted', 'the app cancelled it');
    const cancelled = this.#queue.pending(choice);
    await this.#outbox.cancel(choice, toErrorFacts(error, 'aborted'));
    this.#loop.cancel(choice);
    this.#queue.forget();
    for (const item of cancelled) this.#news.emit('rejected', { item, error });
    this.nudge();
  }

  /**
   * A session was erased, or all were: ends what is under way of it. The bytes that have gone by then are for the erasure to
   * find that the backend is asked for.
   */
  erased(sessionId: string | undefined): void {
    this.#loop.erased(sessionId);
    this.#queue.forget();
    this.#news.emit('erased', { sessionId });
    this.nudge();
  }

  /**
   * Settles when nothing is left to be sent. What is paused does not count, nor what was rejected.
   * @throws TurntapeError `aborted`, `disposed`
   */
  whenIdle({ signal }: WaitOptions = {}): Promise<void> {
    return this.#wait(() => this.#waiters.whenIdle(signal));
  }

  /**
   * Settles when everything of a session is acknowledged. What the backend has no place for does not count.
   * @throws TurntapeError `unauthorized`: its token was refused, nothing goes on before `resume`; `rejected` (or what it
   * was rejected with): the rest is acknowledged, this never will be by itself; `aborted`, `disposed`.
   */
  whenDelivered(sessionId: string, { signal }: WaitOptions = {}): Promise<void> {
    return this.#wait(() => this.#waiters.whenDelivered(sessionId, signal));
  }

  /** Stops, also what is under way; every item stays in the outbox. Settles when nothing is written any more. */
  async dispose(): Promise<void> {
    const disposed = new TurntapeError('disposed', 'the uploader was disposed');
    for (const ignore of this.#ignoreHints) ignore();
    this.#waiters.giveUp(disposed);
    await this.#loop.stop(disposed);
    this.#news.clear();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #wait(ask: () => Promise<void>): Promise<void> {
    this.#loop.stopped.throwIfAborted();
    const answer = ask();
    this.nudge();
    return answer;
  }

  #changed(): void {
    this.#waiters.check();
    const now = this.progress;
    const told = this.#told;
    // How long the rest takes is told with what changes, and is no news of its own.
    const isSame = told !== undefined && TOLD.every((name) => told[name] === now[name]);
    if (isSame) return;
    this.#told = now;
    this.#news.emit('progress', now);
  }

  #listenerThrew(thrown: unknown, type: keyof UploaderEvents): void {
    // A listener of `error` that throws can be told to nobody but the world's own handler.
    if (type === 'error')
      queueMicrotask(() => {
        throw thrown;
      });
    const error = new TurntapeError('invalid_argument', `a listener of '${type}' threw`, { cause: thrown });
    if (type !== 'error') this.#news.emit('error', { error });
  }
}
