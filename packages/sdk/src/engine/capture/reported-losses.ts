import type { Loss } from './loss-ledger.ts';

/** So much later everything else that happened then is written down, and what the browser counts is compared with it. */
const SETTLE_MS = 1000;

/**
 * Losses that only the browser knows of: it says how long they were, and they lie in the time before it was asked. They
 * wait until what the frames themselves show of that time is in the ledger.
 */
export class ReportedLosses {
  readonly #settleFrames: number;
  #waiting: Loss[] = [];

  /** `rate`: session frames per second. */
  constructor(rate: number) {
    this.#settleFrames = Math.round((SETTLE_MS / 1000) * rate);
  }

  add(loss: Loss): void {
    if (loss.to > loss.from) this.#waiting.push(loss);
  }

  /** Those that can be compared now that the tracks have come to `end`. */
  due(end: number): Loss[] {
    if (this.#waiting.length === 0) return this.#waiting;
    const due = this.#waiting.filter((loss) => loss.to + this.#settleFrames <= end);
    if (due.length > 0) this.#waiting = this.#waiting.filter((loss) => !due.includes(loss));
    return due;
  }
}
