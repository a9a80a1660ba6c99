/** Beyond the last level the clock runs on for as long as this: when nothing comes any more, time stands still. */
const COAST_MS = 250;
/** A report this far from where the clock is was no late one: the session stood still, or leapt. */
const LEAP_MS = 600;
/** How much of a difference each report takes away: jitter of some 30 ms is not to be seen. */
const EASE = 0.08;

/**
 * The session's time at any moment, from levels that come in their own unsteady step: the waveform moves evenly and does
 * not tremble with the page's messages. In milliseconds; `pageMs` is `performance.now()`.
 */
export class TapeClock {
  #offsetMs: number | undefined;
  #lastMs = 0;
  #shownMs = 0;

  /** A level of `atMs` came. */
  heard(atMs: number, pageMs: number): void {
    const offsetMs = atMs - pageMs;
    const isLeap = this.#offsetMs === undefined || Math.abs(offsetMs - this.#offsetMs) > LEAP_MS;
    if (this.#offsetMs === undefined || isLeap) this.#offsetMs = offsetMs;
    else this.#offsetMs += (offsetMs - this.#offsetMs) * EASE;
    this.#lastMs = isLeap ? atMs : Math.max(this.#lastMs, atMs);
    if (isLeap) this.#shownMs = Math.min(this.#shownMs, atMs);
  }

  /** Never back, but after a leap. */
  at(pageMs: number): number {
    if (this.#offsetMs === undefined) return 0;
    const now = Math.min(pageMs + this.#offsetMs, this.#lastMs + COAST_MS);
    this.#shownMs = Math.max(this.#shownMs, now);
    return this.#shownMs;
  }

  /** Nothing came for so long that time stands still. */
  stands(pageMs: number): boolean {
    return this.#offsetMs === undefined || pageMs + this.#offsetMs >= this.#lastMs + COAST_MS;
  }

  reset(): void {
    this.#offsetMs = undefined;
    this.#lastMs = 0;
    this.#shownMs = 0;
  }
}
