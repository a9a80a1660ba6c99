/** Two bursts lie at least so far apart, in milliseconds: a device that takes single quanta takes one every 2.7 ms at 48 kHz. */
const APART_MS = 2;
/** A burst has as many quanta as the shortest of so many had: 441 frames are three or four. */
const REMEMBERED = 8;

/**
 * A browser renders several quanta in one go, a burst, and then none until the device wants more. Nothing that anybody decides
 * takes effect within it, so it is soon enough to tell of a burst when it is over, or nearly so.
 */
export class BurstWatch {
  readonly #lengths: number[] = [];
  #lastMs = -Infinity;
  #length = 0;

  /** A quantum is rendered at this wall time. True: its burst is as long as the shortest of the last ones. */
  quantum(wallMs: number): boolean {
    if (wallMs - this.#lastMs >= APART_MS) this.#begin();
    this.#lastMs = wallMs;
    this.#length += 1;
    return this.#length >= this.#least;
  }

  /** Until it has seen enough bursts, every quantum may be the last. */
  get #least(): number {
    return this.#lengths.length < REMEMBERED ? 1 : Math.min(...this.#lengths);
  }

  #begin(): void {
    if (this.#length > 0) this.#lengths.push(this.#length);
    if (this.#lengths.length > REMEMBERED) this.#lengths.shift();
    this.#length = 0;
  }
}
