import { type TurntapeError, type TurntapeErrorCode, toErrorFacts } from '../core/errors.ts';
import type { OutboxChoice, OutboxEntry, OutboxKnowledge, OutboxReading } from '../upload-contract/outbox.ts';
import { KnownOutbox, type QueueCounts } from './known-outbox.ts';
import { LineOrder } from './line-order.ts';
import type { RetryPolicy } from './retry-policy.ts';
import type { SessionLine, Wait } from './session-line.ts';

/** What is known of one session's delivery. */
export interface SessionDelivery {
  readonly pending: number;
  readonly rejected: readonly OutboxEntry[];
  /** Its token was refused; nothing is sent until the app resumes it. */
  readonly refused: TurntapeError | undefined;
}

/**
 * Whose turn it is. Within a session strictly in order, one at a time; between sessions the one that has been ready for
 * longest, a new one first, so that an old backlog never starves a live one. Pure state over what is known of the outbox:
 * it sends nothing and knows no clock.
 */
export class DeliveryQueue {
  readonly #known: KnownOutbox;
  readonly #order = new LineOrder();
  #allPaused = false;
  #sending = 0;

  constructor(policy?: RetryPolicy) {
    this.#known = new KnownOutbox((line) => this.#order.place(line), policy);
  }

  /** To be called before the outbox is read, with what it says; {@link load} takes what was read. */
  startReading(): OutboxKnowledge | undefined {
    return this.#known.startReading();
  }

  /** The next reading is of everything: something was changed that no count shows. */
  forget(): void {
    this.#known.forget();
  }

  /** Takes a reading of the outbox. Returns the items that have left it by another hand. */
  load(reading: OutboxReading, nowMs: number): OutboxEntry[] {
    return this.#known.load(reading, nowMs);
  }

  /** Takes an item as it was read just now: another tab may have tried it, rejected it, or brought it back. */
  update(entry: OutboxEntry, nowMs: number): void {
    this.#known.update(entry, nowMs);
  }

  /** Whether {@link next} would give something. */
  hasNext(nowMs: number): boolean {
    return !this.#allPaused && this.#order.first(nowMs) !== undefined;
  }

  /** The item whose turn it is, now under way, or undefined. It is under way until {@link release}. */
  next(nowMs: number): OutboxEntry | undefined {
    const line = this.#allPaused ? undefined : this.#order.first(nowMs);
    const head = line?.head;
    if (!line || !head) return undefined;
    line.sending = head;
    line.wasServed = true;
    this.#sending += 1;
    this.#known.changed(line);
    return head;
  }

  /** When there is something to be tried: now, at the end of the earliest rest, or undefined. */
  nextAtMs(nowMs: number): number | undefined {
    if (this.hasNext(nowMs)) return nowMs;
    return this.#allPaused ? undefined : this.#order.earliestRest();
  }

  /** Its acknowledgement is being written, until {@link release}. */
  leave(): void {
    this.#known.leaving(1);
  }

  /** It has left the outbox. */
  remove(entry: OutboxEntry): void {
    this.#known.remove(entry);
  }

  /** It was refused for good. */
  reject(entry: OutboxEntry, error: TurntapeError): void {
    this.#known.remove(entry);
    const { seq, sessionId, kind, id, byteSize } = entry;
    const facts = toErrorFacts(error, 'rejected');
    const attempts = entry.attempts + 1;
    const rejected = { seq, sessionId, kind, id, byteSize, state: 'rejected', attempts, error: facts } as const;
    this.#known.put(rejected, attempts, 0);
  }

  /** It was tried and rests until then. */
  rest(entry: OutboxEntry, attempts: number, wait: Wait | undefined): void {
    this.#known.rest(entry, attempts, wait);
  }

  /** It is under way no more. `isLeaving`: {@link leave} was called for it. */
  release({ sessionId }: OutboxEntry, isLeaving = false): void {
    if (isLeaving) this.#known.leaving(-1);
    const line = this.#known.find(sessionId);
    if (!line?.sending) return;
    line.sending = undefined;
    this.#sending -= 1;
    this.#known.changed(line);
  }

  /** Its session's token was refused: the session is held back, alone. */
  refuse(sessionId: string, error: TurntapeError): void {
    this.#hold(sessionId, (line) => (line.refused = error));
  }

  pause(sessionId: string | undefined): void {
    if (sessionId === undefined) this.#allPaused = true;
    else this.#hold(sessionId, (line) => (line.isPaused = true));
  }

  /** Lets a session go on, or all of them; a refused token is forgotten with it. */
  resume(sessionId: string | undefined): void {
    if (sessionId === undefined) this.#allPaused = false;
    for (const line of this.#known.lines(sessionId)) {
      line.isPaused = false;
      line.refused = undefined;
      this.#known.changed(line);
    }
  }

  /** Ends the rest of items: of one session or of all, and only after a failure with this code when one is given. */
  wake({ sessionId, code }: { sessionId?: string | undefined; code?: TurntapeErrorCode }): void {
    for (const line of this.#known.lines(sessionId)) {
      if (line.waits.size === 0) continue;
      for (const [seq, wait] of line.waits) if (code === undefined || wait.code === code) line.waits.delete(seq);
      this.#known.changed(line);
    }
  }

  /** True when nothing is under way and nothing will be, unless the app resumes or adds something. */
  get isIdle(): boolean {
    return this.#sending === 0 && (this.#allPaused || this.#order.isEmpty);
  }

  /** What waits, of the items chosen. */
  pending({ sessionId, seq }: OutboxChoice): OutboxEntry[] {
    const entries = this.#known.lines(sessionId).flatMap((line) => Array.from(line.pending.values()));
    return seq === undefined ? entries : entries.filter((entry) => entry.seq === seq);
  }

  /** What waits and is held back by no pause, no refused token and no word of the backend, in the order of the outbox. */
  sendable(): OutboxEntry[] {
    if (this.#allPaused) return [];
    const free = this.#known.lines(undefined).filter((line) => !line.isHeld && !line.isAskedToWait);
    return free.flatMap((line) => Array.from(line.pending.values())).toSorted((one, other) => one.seq - other.seq);
  }

  get counts(): QueueCounts {
    return { ...this.#known.counts, sending: this.#sending };
  }

  session(sessionId: string): SessionDelivery {
    const line = this.#known.find(sessionId);
    const rejected = Array.from(line?.rejected.values() ?? []);
    return { pending: line?.pending.size ?? 0, rejected, refused: line?.refused };
  }

  #hold(sessionId: string, hold: (line: SessionLine) => void): void {
    const line = this.#known.line(sessionId);
    hold(line);
    this.#known.changed(line);
  }
}
