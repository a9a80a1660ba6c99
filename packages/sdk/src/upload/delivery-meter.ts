import type { OutboxEntry } from '../upload-contract/outbox.ts';

/** Weight that a delivery keeps when the next one comes: the last ten count for two thirds. */
const DECAY = 0.9;

/**
 * What was delivered, how fast, and so how long the rest will take. Only the time counts in which something was under way:
 * waits between are not the line's speed.
 */
export class DeliveryMeter {
  #deliveredSegments = 0;
  #deliveredBytes = 0;
  #underWay = 0;
  #sinceMs = 0;
  /** Of the deliveries that count, and since the last of them. */
  #busyMs = 0;
  #spentMs = 0;
  #items = 0;
  #bytes = 0;

  /** Since the uploader began. */
  get delivered(): { acknowledgedSegments: number; acknowledgedBytes: number } {
    return { acknowledgedSegments: this.#deliveredSegments, acknowledgedBytes: this.#deliveredBytes };
  }

  began(nowMs: number): void {
    if (this.#underWay === 0) this.#sinceMs = nowMs;
    this.#underWay += 1;
  }

  /** `delivered`: what arrived with it; undefined: nothing did. */
  ended(nowMs: number, delivered: OutboxEntry | undefined): void {
    this.#spentMs += Math.max(0, nowMs - this.#sinceMs);
    this.#sinceMs = nowMs;
    this.#underWay -= 1;
    if (!delivered) return;
    if (delivered.kind === 'segment') this.#deliveredSegments += 1;
    this.#deliveredBytes += delivered.byteSize;
    this.#busyMs = this.#busyMs * DECAY + this.#spentMs;
    this.#spentMs = 0;
    this.#items = this.#items * DECAY + 1;
    this.#bytes = this.#bytes * DECAY + delivered.byteSize;
  }

  /** What this much will take, by the slower of requests and bytes, in milliseconds. Undefined: nothing is known yet. */
  remainingMs(items: number, bytes: number): number | undefined {
    if (items === 0) return 0;
    if (this.#items === 0) return undefined;
    const byItems = (this.#busyMs / this.#items) * items;
    const byBytes = this.#bytes === 0 ? 0 : (this.#busyMs / this.#bytes) * bytes;
    return Math.max(byItems, byBytes);
  }
}
