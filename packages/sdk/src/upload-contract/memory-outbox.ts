import type { ErrorFacts } from '../core/errors.ts';
import type { Outbox, OutboxItem, OutboxPayload } from './outbox.ts';
import type { Receipt } from './receipt.ts';

/** An outbox in memory, for tests: what it holds and what it was told can be looked at. Nothing survives a reload. */
export class MemoryOutbox implements Outbox {
  /** What the uploader said of each item, in order: `sent 3`, `acknowledged 3`. */
  readonly log: string[] = [];
  readonly #items = new Map<number, OutboxItem>();
  readonly #files = new Map<string, ArrayBuffer>();
  #seq = 0;

  /** Adds an item as the device's storage would, and returns it. */
  add(payload: OutboxPayload, audio?: ArrayBuffer): OutboxItem {
    this.#seq += 1;
    const item: OutboxItem = {
      seq: this.#seq,
      sessionId: sessionOf(payload),
      state: 'pending',
      attempts: 0,
      error: undefined,
      payload,
    };
    this.#items.set(item.seq, item);
    if (payload.kind === 'segment' && audio) this.#files.set(payload.segment.segment_id, audio);
    return item;
  }

  /** Erases an item, as the user may at any moment. */
  erase(seq: number): void {
    this.#items.delete(seq);
  }

  /** What it holds now. */
  get held(): readonly OutboxItem[] {
    return Array.from(this.#items.values());
  }

  async items(): Promise<readonly OutboxItem[]> {
    return this.held;
  }

  async audio(segmentId: string): Promise<ArrayBuffer | undefined> {
    return this.#files.get(segmentId);
  }

  async sent({ seq }: OutboxItem): Promise<void> {
    this.log.push(`sent ${seq}`);
  }

  async acknowledged({ seq }: OutboxItem, _receipt: Receipt | undefined): Promise<void> {
    this.log.push(`acknowledged ${seq}`);
    this.#items.delete(seq);
  }

  async failed(item: OutboxItem, error: ErrorFacts, retryAt?: number): Promise<void> {
    this.log.push(`failed ${item.seq} ${error.code}`);
    this.#change(item.seq, { attempts: item.attempts + 1, error, retryAt });
  }

  async rejected(item: OutboxItem, error: ErrorFacts): Promise<void> {
    this.log.push(`rejected ${item.seq} ${error.code}`);
    this.#change(item.seq, { state: 'rejected', attempts: item.attempts + 1, error, retryAt: undefined });
  }

  async retry(sessionId?: string): Promise<void> {
    for (const item of this.held)
      if (item.state === 'rejected' && (sessionId === undefined || item.sessionId === sessionId))
        this.#change(item.seq, { state: 'pending', attempts: 0, error: undefined });
  }

  #change(seq: number, facts: Partial<OutboxItem>): void {
    const item = this.#items.get(seq);
    if (item) this.#items.set(seq, { ...item, ...facts });
  }
}

function sessionOf(payload: OutboxPayload): string {
  if (payload.kind === 'segment') return payload.segment.session_id;
  return payload.kind === 'transcript' ? payload.transcript.session_id : payload.session.session_id;
}
