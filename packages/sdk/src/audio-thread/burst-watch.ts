/** Two bursts lie at least so far apart, in milliseconds: a device that takes single quanta takes one every 2.7 ms at 48 kHz. */
const APART_MS = 2;
/** Or this part of the time that a burst sounds. A thread that loses its core within a burst has not ended it. */
const APART_PART = 0.4;
/** A burst has as many quanta as most of so many had: 441 frames are three or four. */
const REMEMBERED = 8;
/** One of them may have been shorter: a burst that was torn in two after all must not tear the next eight. */
const TORN = 1;
/** Bursts do not become so many times as long: what looks like one are many short ones of another device. */
const OTHER_DEVICE = 4;

/**
 * A browser renders several quanta in one go, a burst, and then none until the device wants more. Nothing that anybody decides
 * takes effect within it, so it is soon enough to tell of a burst when it is over, or nearly so.
 */
export class BurstWatch {
  readonly #quantumMs: number;
  readonly #lengths: number[] = [];
  #lastMs = -Infinity;
  #length = 0;
  /** Until it has seen enough bursts, every quantum may be the last. */
  #usual = 1;

  /** `quantumMs`: how long a quantum sounds. */
  constructor(quantumMs: number) {
    this.#quantumMs = quantumMs;
  }

  /** A quantum is rendered at this wall time. True: its burst is as long as those before it, or nearly so. */
  quantum(wallMs: number): boolean {
    if (wallMs - this.#lastMs >= this.#apartMs) this.#begin();
    this.#lastMs = wallMs;
    this.#length += 1;
    if (this.#usual > 1 && this.#length > OTHER_DEVICE * this.#usual) this.#forget();
    return this.#length >= this.#usual;
  }

  get #apartMs(): number {
    return Math.max(APART_MS, APART_PART * this.#usual * this.#quantumMs);
  }

  #forget(): void {
    this.#lengths.length = 0;
    this.#length = 1;
    this.#usual = 1;
  }

  #begin(): void {
    if (this.#length > 0) this.#lengths.push(this.#length);
    this.#length = 0;
    if (this.#lengths.length < REMEMBERED) return;
    if (this.#lengths.length > REMEMBERED) this.#lengths.shift();
    this.#usual = this.#lengths.toSorted((one, other) => one - other)[TORN] as number;
  }
}
