/** A running clock moves every few milliseconds. One that stood still this long is dead, whatever the state says. */
const DEAD_AFTER_MS = 1400;

/** A page that was blocked looks late: no single look decides. */
const LOOKS = 4;

/**
 * A context that says 'running' while `currentTime` stands still: WebKit after an interruption or a stay in the
 * background, https://bugs.webkit.org/show_bug.cgi?id=263627. It never comes back; only another context helps.
 */
export class DeadClock {
  #still: { time: number; sinceMs: number; looks: number } | undefined;

  /** Since when the clock is dead, if it is. `currentTime` in seconds, `nowMs` monotonic. */
  look(state: string, currentTime: number, nowMs: number): number | undefined {
    if (state !== 'running' || this.#still?.time !== currentTime) {
      this.#still = state === 'running' ? { time: currentTime, sinceMs: nowMs, looks: 0 } : undefined;
      return undefined;
    }
    this.#still.looks += 1;
    const { looks, sinceMs } = this.#still;
    return looks >= LOOKS && nowMs - sinceMs >= DEAD_AFTER_MS ? sinceMs : undefined;
  }
}
