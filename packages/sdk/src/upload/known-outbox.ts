import type { OutboxEntry, OutboxKnowledge, OutboxReading } from '../upload-contract/outbox.ts';
import { RETRY_POLICY, type RetryPolicy } from './retry-policy.ts';
import { SessionLine, type Wait } from './session-line.ts';

/** How much waits. */
export interface QueueCounts {
  readonly pending: number;
  readonly pendingSegments: number;
  readonly pendingBytes: number;
  readonly sending: number;
  readonly rejected: number;
}

/**
 * What the uploader knows of the outbox, by sessions: kept up to date by readings of it, by our own changes, and by what
 * is seen of other hands. Every question and every change costs the same, however much waits.
 */
export class KnownOutbox {
  /** No rest may be longer than this, whatever is written: a clock may be set back by years. */
  readonly #longestRestMs: number;
  readonly #lines = new Map<string, SessionLine>();
  readonly #onChange: (line: SessionLine) => void;
  #counts = { pending: 0, pendingSegments: 0, pendingBytes: 0, rejected: 0 };
  #lastSeq = 0;
  /** False: the next reading must be whole. */
  #isKnown = false;
  /** {@link forget} was called while a reading was under way: that one may be too old. */
  #isForgotten = false;
  /** Acknowledgements that are being written: the store's count may or may not hold them. */
  #leaving = 0;
  /** What we changed since the reading under way began: there our own knowledge is the newer. */
  #changed = new Set<number>();

  /** `onChange`: something of a session's line is not as it was. */
  constructor(onChange: (line: SessionLine) => void, { maxRetryAfterMs, maxMs }: RetryPolicy = RETRY_POLICY) {
    this.#onChange = onChange;
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
    if (!isWhole) for (const entry of entries) this.put(entry, 0, nowMs);
    for (const { seq } of entries) this.#lastSeq = Math.max(this.#lastSeq, seq);
    this.#isKnown = !this.#isForgotten;
    return gone;
  }

  /** Takes an item as it was read just now: another tab may have tried it, rejected it, or brought it back. */
  update(entry: OutboxEntry, nowMs: number): void {
    const line = this.line(entry.sessionId);
    const { seq, state } = entry;
    const known = line.pending.get(seq) ?? line.rejected.get(seq);
    // In its place as long as it waits; one that waits again has lost it, and only a whole reading finds it.
    if (known) this.#count(known, -1);
    if (state === 'rejected') line.pending.delete(seq);
    else {
      line.rejected.delete(seq);
      if (!line.pending.has(seq)) this.forget();
    }
    this.put(entry, known?.attempts ?? 0, nowMs);
  }

  /** An acknowledgement is being written (1), or was (−1). */
  leaving(by: 1 | -1): void {
    this.#leaving += by;
  }

  /** It is pending, or rejected. `knownAttempts`: those that we have taken account of. */
  put(entry: OutboxEntry, knownAttempts: number, nowMs: number): void {
    const line = this.line(entry.sessionId);
    const { seq, state, attempts, retryAt, error } = entry;
    this.#count(entry, 1);
    (state === 'rejected' ? line.rejected : line.pending).set(seq, entry);
    // A try by another hand: another tab, or this one before it was reloaded.
    if (state === 'pending' && attempts > knownAttempts && retryAt !== undefined)
      line.waits.set(seq, { untilMs: Math.min(retryAt, nowMs + this.#longestRestMs), code: error?.code });
    this.changed(line);
  }

  /** It has left the outbox, by our hand. */
  remove({ seq, sessionId }: OutboxEntry): void {
    this.#changed.add(seq);
    const line = this.#lines.get(sessionId);
    if (!line) return;
    const entry = line.pending.get(seq) ?? line.rejected.get(seq);
    line.waits.delete(seq);
    line.pending.delete(seq);
    line.rejected.delete(seq);
    if (entry) this.#count(entry, -1);
    this.changed(line);
  }

  /** It was tried by us and rests until then, or may be tried at once. */
  rest({ seq, sessionId }: OutboxEntry, attempts: number, wait: Wait | undefined): void {
    this.#changed.add(seq);
    const line = this.#lines.get(sessionId);
    const known = line?.pending.get(seq);
    if (!line || !known) return;
    line.pending.set(seq, { ...known, attempts });
    if (wait) line.waits.set(seq, wait);
    else line.waits.delete(seq);
    this.changed(line);
  }

  get counts(): Omit<QueueCounts, 'sending'> {
    return this.#counts;
  }

  /** What is known of a session; undefined: nothing. */
  find(sessionId: string): SessionLine | undefined {
    return this.#lines.get(sessionId);
  }

  /** A session's line; a new one, when nothing was known of it. */
  line(sessionId: string): SessionLine {
    let line = this.#lines.get(sessionId);
    if (!line) this.#lines.set(sessionId, (line = new SessionLine(sessionId)));
    return line;
  }

  /** Of one session, or of all. */
  lines(sessionId: string | undefined): SessionLine[] {
    if (sessionId === undefined) return Array.from(this.#lines.values());
    const line = this.#lines.get(sessionId);
    return line ? [line] : [];
  }

  /** To be called by whoever has changed a line. One that holds nothing is forgotten. */
  changed(line: SessionLine): void {
    this.#onChange(line);
    if (line.isEmpty) this.#lines.delete(line.sessionId);
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
      if (entry) this.put(entry, before?.attempts ?? 0, nowMs);
      known.delete(read.seq);
    }
    for (const line of this.#lines.values()) {
      for (const seq of line.waits.keys()) if (!line.pending.has(seq)) line.waits.delete(seq);
      this.changed(line);
    }
    // What we had in our hands left by our own.
    return Array.from(known.values()).filter(
      ({ seq, sessionId, state }) => state === 'pending' && this.#lines.get(sessionId)?.sending?.seq !== seq,
    );
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
}
