import type { ErrorFacts } from '../core/errors.ts';
import type {
  Outbox,
  OutboxChoice,
  OutboxEntry,
  OutboxItem,
  OutboxKnowledge,
  OutboxPayload,
  OutboxReading,
} from './outbox.ts';
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
      ...factsOf(payload),
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

  async read(known?: OutboxKnowledge): Promise<OutboxReading> {
    const entries = this.held.map(({ payload: _payload, ...entry }) => entry);
    const added = known ? entries.filter(({ seq }) => seq > known.lastSeq) : [];
    const count = entries.length - added.length;
    if (!known || (known.count !== undefined && known.count !== count)) return { entries, isWhole: true };
    return { entries: added, isWhole: false };
  }

  async item(seq: number): Promise<OutboxItem | undefined> {
    return this.#items.get(seq);
  }

  async items(): Promise<readonly OutboxItem[]> {
    return this.held;
  }

  async audio(segmentId: string): Promise<ArrayBuffer | undefined> {
    return this.#files.get(segmentId);
  }

  async mayLeave({ seq }: OutboxEntry): Promise<boolean> {
    return this.#items.get(seq)?.state === 'pending';
  }

  async sent({ seq }: OutboxEntry): Promise<void> {
    this.log.push(`sent ${seq}`);
  }

  async acknowledged({ seq }: OutboxEntry, _receipt: Receipt | undefined): Promise<void> {
    this.log.push(`acknowledged ${seq}`);
    this.#items.delete(seq);
  }

  async failed(item: OutboxEntry, error: ErrorFacts, retryAt?: number): Promise<void> {
    this.log.push(`failed ${item.seq} ${error.code}`);
    if (this.#items.get(item.seq)?.state !== 'pending') return;
    this.#change(item.seq, { attempts: item.attempts + 1, error, retryAt });
  }

  async rejected(item: OutboxEntry, error: ErrorFacts): Promise<void> {
    this.log.push(`rejected ${item.seq} ${error.code}`);
    this.#change(item.seq, { state: 'rejected', attempts: item.attempts + 1, error, retryAt: undefined });
  }

  async retry(choice: OutboxChoice): Promise<void> {
    for (const item of this.#chosen(choice, 'rejected'))
      this.#change(item.seq, { state: 'pending', attempts: 0, error: undefined });
  }

  async cancel(choice: OutboxChoice, error: ErrorFacts): Promise<void> {
    for (const item of this.#chosen(choice, 'pending')) this.#change(item.seq, { state: 'rejected', error });
  }

  #chosen({ sessionId, seq }: OutboxChoice, state: OutboxItem['state']): OutboxItem[] {
    return this.held.filter(
      (item) =>
        item.state === state &&
        (sessionId === undefined || item.sessionId === sessionId) &&
        (seq === undefined || item.seq === seq),
    );
  }

  #change(seq: number, facts: Partial<OutboxItem>): void {
    const item = this.#items.get(seq);
    if (item) this.#items.set(seq, { ...item, ...facts });
  }
}

function factsOf(payload: OutboxPayload): Pick<OutboxItem, 'kind' | 'id' | 'sessionId' | 'byteSize'> {
  const { kind } = payload;
  if (kind === 'segment') {
    const { segment_id: id, session_id: sessionId, byte_size: byteSize } = payload.segment;
    return { kind, id, sessionId, byteSize };
  }
  if (kind === 'erasure') return { kind, id: payload.sessionId, sessionId: payload.sessionId, byteSize: 0 };
  const id = kind === 'transcript' ? payload.transcript.transcript_id : payload.session.session_id;
  const sessionId = kind === 'transcript' ? payload.transcript.session_id : id;
  return { kind, id, sessionId, byteSize: 0 };
}
