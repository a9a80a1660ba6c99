import { type TurntapeError, type TurntapeErrorCode, toErrorFacts } from '../core/errors.ts';
import type { OutboxChoice, OutboxEntry, OutboxKnowledge, OutboxReading } from '../upload-contract/outbox.ts';
import { LineOrder } from './line-order.ts';
import { RETRY_POLICY, type RetryPolicy } from './retry-policy.ts';
import { SessionLine, type Wait } from './session-line.ts';

/** What is known of one session's delivery. */
export interface SessionDelivery {
  readonly pending: number;
  readonly rejected: readonly OutboxEntry[];
  /** Its token was refused; nothing is sent until the app resumes it. */
  readonly refused: TurntapeError | undefined;
}

/** How much waits. */
export interface QueueCounts {
  readonly pending: number;
  readonly pendingSegments: number;
  readonly pendingBytes: number;
  readonly sending: number;
  readonly rejected: number;
}

/**
 * The uploader's picture of the outbox, and the rules of whose turn it is. Within a session strictly in order, one at a
 * time; between sessions the one that has been ready for longest, a new one first, so that an old backlog never starves
 * a live one. Pure state: it sends nothing and knows no clock. Every question and every change costs the same, however
 * much waits.
 */
export class DeliveryQueue {
  /** No rest may be longer than this, whatever is written: a clock may be set back by years. */
  readonly #longestRestMs: number;
  readonly #lines = new Map<string, SessionLine>();
  readonly #order = new LineOrder();
  #allPaused = false;
  #counts = { pending: 0, pendingSegments: 0, pendingBytes: 0, sending: 0, rejected: 0 };
  #lastSeq = 0;
  /** False: the next reading must be whole. */
  #isKnown = false;
  /** {@link forget} was called while a reading was under way: that one may be too old. */
  #isForgotten = false;
  /** Acknowledgements that are being written: the store's count may or may not hold them. */
  #leaving = 0;
  /** What we changed since the reading under way began: there our own knowledge is the newer. */
  #changed = new Set<number>();

  constructor({ maxRetryAfterMs, maxMs }: RetryPolicy = RETRY_POLICY) {
    this.#longestRestMs = maxRetryAfterMs + maxMs;
  }

  /** To be called before the outbox is read, with what it says; {@link load} takes what was read. */
  startReading(): OutboxKnowledge | undefined {
    this.#changed = new Set();
    this.#isForgotten = false;
    if (!this.#isKnown) return undefined;
    const { pending, rejected } = this.#counts;
    return { lastSeq: this.#lastSeq, count: this.#leaving > 0 ? undefined : pending + rejected };
  }

  /** The next reading is of everything: something was changed that no count shows. */
  forget(): void {
    this.#isForgotten = true;
    this.#isKnown = false;
  }

  /** Takes a reading of the outbox. Returns the items that have left it by another hand. */
  load({ entries, isWhole }: OutboxReading, nowMs: number): OutboxEntry[] {
    const gone = isWhole ? this.#loadWhole(entries, nowMs) : [];
    if (!isWhole) for (const entry of entries) this.#add(entry, 0, nowMs);
    for (const { seq } of entries) this.#lastSeq = Math.max(this.#lastSeq, seq);
    this.#isKnown = !this.#isForgotten;
    return gone;
  }

  /** Takes an item as it was read just now: another tab may have tried it, rejected it, or brought it back. */
  update(entry: OutboxEntry, nowMs: number): void {
    const line = this.#line(entry.sessionId);
    const { seq, state } = entry;
    const known = line.pending.get(seq) ?? line.rejected.get(seq);
    // In its place as long as it waits; one that waits again has lost it, and only a whole reading finds it.
    if (known) this.#count(known, -1);
    if (state === 'rejected') line.pending.delete(seq);
    else if (!line.pending.has(seq)) this.forget();
    this.#put(line, entry, known?.attempts ?? 0, nowMs);
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
    this.#counts.sending += 1;
    this.#place(line);
    return head;
  }

  /** When there is something to be tried: now, at the end of the earliest rest, or undefined. */
  nextAtMs(nowMs: number): number | undefined {
    if (this.hasNext(nowMs)) return nowMs;
    return this.#allPaused ? undefined : this.#order.earliestRest();
  }

  /** Its acknowledgement is being written, until {@link release}. */
  leave(): void {
    this.#leaving += 1;
  }

  /** It has left the outbox. */
  remove({ seq, sessionId }: OutboxEntry): void {
    this.#changed.add(seq);
    const line = this.#lines.get(sessionId);
    if (!line) return;
    this.#take(line, seq);
    this.#place(line);
  }

  /** It was refused for good. */
  reject(entry: OutboxEntry, error: TurntapeError): void {
    this.remove(entry);
    const { seq, sessionId, kind, id, byteSize } = entry;
    const facts = toErrorFacts(error, 'rejected');
    const attempts = entry.attempts + 1;
    const rejected = { seq, sessionId, kind, id, byteSize, state: 'rejected', attempts, error: facts } as const;
    this.#put(this.#line(sessionId), rejected, attempts, 0);
  }

  /** It was tried and rests until then. */
  rest({ seq, sessionId }: OutboxEntry, attempts: number, wait: Wait | undefined): void {
    this.#changed.add(seq);
    const line = this.#lines.get(sessionId);
    const known = line?.pending.get(seq);
    if (!line || !known) return;
    line.pending.set(seq, { ...known, attempts });
    if (wait) line.waits.set(seq, wait);
    else line.waits.delete(seq);
    this.#place(line);
  }

  /** It is under way no more. `isLeaving`: {@link leave} was called for it. */
  release({ sessionId }: OutboxEntry, isLeaving = false): void {
    if (isLeaving) this.#leaving -= 1;
    const line = this.#lines.get(sessionId);
    if (!line?.sending) return;
    line.sending = undefined;
    this.#counts.sending -= 1;
    this.#place(line);
  }

  /** Its session's token was refused: the session is held back, alone. */
  refuse(sessionId: string, error: TurntapeError): void {
    const line = this.#line(sessionId);
    line.refused = error;
    this.#place(line);
  }

  pause(sessionId: string | undefined): void {
    if (sessionId === undefined) {
      this.#allPaused = true;
      return;
    }
    const line = this.#line(sessionId);
    line.isPaused = true;
    this.#place(line);
  }

  /** Lets a session go on, or all of them; a refused token is forgotten with it. */
  resume(sessionId: string | undefined): void {
    if (sessionId === undefined) this.#allPaused = false;
    for (const line of this.#linesOf(sessionId)) {
      line.isPaused = false;
      line.refused = undefined;
      this.#place(line);
    }
  }

  /** Ends the rest of items: of one session or of all, and only after a failure with this code when one is given. */
  wake({ sessionId, code }: { sessionId?: string | undefined; code?: TurntapeErrorCode }): void {
    for (const line of this.#linesOf(sessionId)) {
      if (line.waits.size === 0) continue;
      for (const [seq, wait] of line.waits) if (code === undefined || wait.code === code) line.waits.delete(seq);
      this.#place(line);
    }
  }

  /** True when nothing is under way and nothing will be, unless the app resumes or adds something. */
  get isIdle(): boolean {
    return this.#counts.sending === 0 && (this.#allPaused || this.#order.isEmpty);
  }

  /** What waits, of the items chosen. */
  pending({ sessionId, seq }: OutboxChoice): OutboxEntry[] {
    const entries = this.#linesOf(sessionId).flatMap((line) => Array.from(line.pending.values()));
    return seq === undefined ? entries : entries.filter((entry) => entry.seq === seq);
  }

  get counts(): QueueCounts {
    return { ...this.#counts };
  }

  session(sessionId: string): SessionDelivery {
    const line = this.#lines.get(sessionId);
    const rejected = Array.from(line?.rejected.values() ?? []);
    return { pending: line?.pending.size ?? 0, rejected, refused: line?.refused };
  }

  #loadWhole(entries: readonly OutboxEntry[], nowMs: number): OutboxEntry[] {
    const known = new Map<number, OutboxEntry>();
    for (const line of this.#lines.values()) {
      for (const entry of [...line.pending.values(), ...line.rejected.values()]) {
        known.set(entry.seq, entry);
        this.#count(entry, -1);
      }
      line.pending.clear();
      line.rejected.clear();
    }
    for (const read of entries) {
      const before = known.get(read.seq);
      const entry = this.#changed.has(read.seq) ? before : read;
      if (entry) this.#add(entry, before?.attempts ?? 0, nowMs);
      known.delete(read.seq);
    }
    for (const line of this.#lines.values()) {
      for (const seq of line.waits.keys()) if (!line.pending.has(seq)) line.waits.delete(seq);
      this.#place(line);
    }
    // What we had in our hands left by our own.
    return Array.from(known.values()).filter(
      ({ seq, sessionId, state }) => state === 'pending' && this.#lines.get(sessionId)?.sending?.seq !== seq,
    );
  }

  #add(entry: OutboxEntry, knownAttempts: number, nowMs: number): void {
    this.#put(this.#line(entry.sessionId), entry, knownAttempts, nowMs);
  }

  #put(line: SessionLine, entry: OutboxEntry, knownAttempts: number, nowMs: number): void {
    const { seq, state, attempts, retryAt, error } = entry;
    this.#count(entry, 1);
    (state === 'rejected' ? line.rejected : line.pending).set(seq, entry);
    // A try by another hand: another tab, or this one before it was reloaded.
    if (state === 'pending' && attempts > knownAttempts && retryAt !== undefined)
      line.waits.set(seq, { untilMs: Math.min(retryAt, nowMs + this.#longestRestMs), code: error?.code });
    this.#place(line);
  }

  #take(line: SessionLine, seq: number): OutboxEntry | undefined {
    const entry = line.pending.get(seq) ?? line.rejected.get(seq);
    line.waits.delete(seq);
    if (!entry) return undefined;
    line.pending.delete(seq);
    line.rejected.delete(seq);
    this.#count(entry, -1);
    return entry;
  }

  #count({ state, kind, byteSize }: OutboxEntry, by: 1 | -1): void {
    if (state === 'rejected') {
      this.#counts.rejected += by;
      return;
    }
    this.#counts.pending += by;
    this.#counts.pendingBytes += by * byteSize;
    if (kind === 'segment') this.#counts.pendingSegments += by;
  }

  #place(line: SessionLine): void {
    this.#order.place(line);
    if (line.isEmpty) this.#lines.delete(line.sessionId);
  }

  #line(sessionId: string): SessionLine {
    let line = this.#lines.get(sessionId);
    if (!line) this.#lines.set(sessionId, (line = new SessionLine(sessionId)));
    return line;
  }

  #linesOf(sessionId: string | undefined): SessionLine[] {
    if (sessionId === undefined) return Array.from(this.#lines.values());
    const line = this.#lines.get(sessionId);
    return line ? [line] : [];
  }
}
