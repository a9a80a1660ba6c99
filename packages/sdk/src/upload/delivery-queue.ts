import { type TurntapeError, type TurntapeErrorCode, toErrorFacts } from '../core/errors.ts';
import type { OutboxItem } from '../upload-contract/outbox.ts';
import { RETRY_POLICY, type RetryPolicy } from './retry-policy.ts';
import type { UploadProgress } from './uploader-events.ts';

/** Until when an item rests, and after what. */
interface Wait {
  readonly untilMs: number;
  readonly code: TurntapeErrorCode | undefined;
}

/** What is known of one session's delivery. */
export interface SessionDelivery {
  readonly pending: number;
  readonly rejected: readonly OutboxItem[];
  /** Its token was refused; nothing is sent until the app resumes it. */
  readonly refused: TurntapeError | undefined;
}

/**
 * The uploader's picture of the outbox, and the rules of whose turn it is. Within a session strictly in order, one at a
 * time; between sessions the one that was served longest ago, so that an old backlog never starves a live one. Pure
 * state: it sends nothing and knows no clock.
 */
export class DeliveryQueue {
  /** No rest may be longer than this, whatever is written: a clock may be set back by years. */
  readonly #longestRestMs: number;
  /** By `seq`, in order. */
  #pending = new Map<number, OutboxItem>();
  #rejected = new Map<number, OutboxItem>();
  readonly #waits = new Map<number, Wait>();
  /** Session → the item that is under way. */
  readonly #sending = new Map<string, number>();
  readonly #refused = new Map<string, TurntapeError>();
  readonly #paused = new Set<string>();
  #allPaused = false;
  /** Session → when it was last served, as a count. */
  readonly #served = new Map<string, number>();
  #count = 0;
  /** What we changed since the reading under way began: there our own knowledge is the newer. */
  #changed = new Set<number>();

  constructor({ maxRetryAfterMs, maxMs }: RetryPolicy = RETRY_POLICY) {
    this.#longestRestMs = maxRetryAfterMs + maxMs;
  }

  /** To be called before the outbox is read; {@link load} takes what was read. */
  startReading(): void {
    this.#changed = new Set();
  }

  /** Takes a reading of the outbox. Returns the items that have left it by another hand. */
  load(items: readonly OutboxItem[], nowMs: number): OutboxItem[] {
    const known = this.#pending;
    const knownRejected = this.#rejected;
    this.#pending = new Map();
    this.#rejected = new Map();
    for (const read of items.toSorted((a, b) => a.seq - b.seq)) {
      const { seq } = read;
      const item = this.#changed.has(seq) ? (known.get(seq) ?? knownRejected.get(seq)) : read;
      if (item === undefined) continue;
      if (item.state === 'rejected') {
        this.#rejected.set(seq, item);
        continue;
      }
      this.#pending.set(seq, item);
      // A try by another hand: another tab, or this one before it was reloaded.
      if (item.attempts > (known.get(seq)?.attempts ?? 0)) this.#adoptWait(item, nowMs);
    }
    for (const seq of this.#waits.keys()) if (!this.#pending.has(seq)) this.#waits.delete(seq);
    const sending = new Set(this.#sending.values());
    return Array.from(known.values()).filter(
      ({ seq }) => !this.#pending.has(seq) && !this.#rejected.has(seq) && !sending.has(seq),
    );
  }

  /** Whether {@link next} would give something. */
  hasNext(nowMs: number): boolean {
    return this.#find(nowMs) !== undefined;
  }

  /** The item whose turn it is, now under way, or undefined. It is under way until {@link release}. */
  next(nowMs: number): OutboxItem | undefined {
    const item = this.#find(nowMs);
    if (item === undefined) return undefined;
    this.#waits.delete(item.seq);
    this.#sending.set(item.sessionId, item.seq);
    this.#served.set(item.sessionId, (this.#count += 1));
    return item;
  }

  /** The earliest time at which an item that rests may be tried, or undefined. */
  wakeAtMs(): number | undefined {
    const times = this.#heads()
      .filter((head) => !this.#isHeld(head.sessionId))
      .map((head) => this.#waits.get(head.seq)?.untilMs)
      .filter((untilMs) => untilMs !== undefined);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** It has left the outbox. */
  remove(item: OutboxItem): void {
    this.#change(item);
    this.#pending.delete(item.seq);
  }

  /** It was refused for good. */
  reject(item: OutboxItem, error: TurntapeError): void {
    this.remove(item);
    const facts = toErrorFacts(error, 'rejected');
    this.#rejected.set(item.seq, { ...item, state: 'rejected', attempts: item.attempts + 1, error: facts });
  }

  /** It was tried and rests until then. */
  rest(item: OutboxItem, attempts: number, wait: Wait | undefined): void {
    this.#change(item);
    if (this.#pending.has(item.seq)) this.#pending.set(item.seq, { ...item, attempts });
    if (wait) this.#waits.set(item.seq, wait);
  }

  /** It is under way no more. */
  release(item: OutboxItem): void {
    this.#sending.delete(item.sessionId);
  }

  /** Its session's token was refused: the session is held back, alone. */
  refuse(sessionId: string, error: TurntapeError): void {
    this.#refused.set(sessionId, error);
  }

  pause(sessionId: string | undefined): void {
    if (sessionId === undefined) this.#allPaused = true;
    else this.#paused.add(sessionId);
  }

  /** Lets a session go on, or all of them; a refused token is forgotten with it. */
  resume(sessionId: string | undefined): void {
    if (sessionId !== undefined) {
      this.#paused.delete(sessionId);
      this.#refused.delete(sessionId);
      return;
    }
    this.#allPaused = false;
    this.#paused.clear();
    this.#refused.clear();
  }

  /** Ends the rest of items: of one session or of all, and only after a failure with this code when one is given. */
  wake({ sessionId, code }: { sessionId?: string | undefined; code?: TurntapeErrorCode } = {}): void {
    for (const [seq, wait] of this.#waits) {
      const isOther = sessionId !== undefined && this.#pending.get(seq)?.sessionId !== sessionId;
      if (!isOther && (code === undefined || wait.code === code)) this.#waits.delete(seq);
    }
  }

  /** True when nothing is under way and nothing will be, unless the app resumes or adds something. */
  get isIdle(): boolean {
    return this.#sending.size === 0 && this.#heads().every((head) => this.#isHeld(head.sessionId));
  }

  get progress(): UploadProgress {
    let pendingBytes = 0;
    for (const { payload } of this.#pending.values())
      if (payload.kind === 'segment') pendingBytes += payload.segment.byte_size;
    return { pending: this.#pending.size, pendingBytes, sending: this.#sending.size, rejected: this.#rejected.size };
  }

  session(sessionId: string): SessionDelivery {
    const ofSession = (item: OutboxItem): boolean => item.sessionId === sessionId;
    return {
      pending: Array.from(this.#pending.values()).filter(ofSession).length,
      rejected: Array.from(this.#rejected.values()).filter(ofSession),
      refused: this.#refused.get(sessionId),
    };
  }

  #find(nowMs: number): OutboxItem | undefined {
    return this.#heads()
      .filter(({ seq, sessionId }) => {
        const restsUntilMs = this.#waits.get(seq)?.untilMs ?? 0;
        return restsUntilMs <= nowMs && !this.#isHeld(sessionId) && !this.#sending.has(sessionId);
      })
      .reduce<OutboxItem | undefined>(
        (best, head) => (best && this.#order(best) <= this.#order(head) ? best : head),
        undefined,
      );
  }

  /** The first pending item of each session. */
  #heads(): OutboxItem[] {
    const heads = new Map<string, OutboxItem>();
    for (const item of this.#pending.values()) if (!heads.has(item.sessionId)) heads.set(item.sessionId, item);
    return Array.from(heads.values());
  }

  #order({ sessionId }: OutboxItem): number {
    return this.#served.get(sessionId) ?? 0;
  }

  #isHeld(sessionId: string): boolean {
    return this.#allPaused || this.#paused.has(sessionId) || this.#refused.has(sessionId);
  }

  /** Keeps the wait that was written with the item. */
  #adoptWait({ seq, retryAt, error }: OutboxItem, nowMs: number): void {
    if (retryAt === undefined) return;
    this.#waits.set(seq, { untilMs: Math.min(retryAt, nowMs + this.#longestRestMs), code: error?.code });
  }

  #change({ seq }: OutboxItem): void {
    this.#changed.add(seq);
    this.#waits.delete(seq);
  }
}
