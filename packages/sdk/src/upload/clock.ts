/** The time and the one timer that the uploader uses: a test's clock is another. */
export interface Clock {
  /** Wall time, milliseconds since 1970: what it waits for survives a reload. */
  nowMs(): number;
  /** Calls `callback` once after `delayMs`, unless the returned function is called before. */
  after(delayMs: number, callback: () => void): () => void;
}

/** The browser's own. A hidden tab's timers may be late by a minute; a nudge or the `online` event comes sooner. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.ceil(delayMs));
    return () => clearTimeout(timer);
  },
};
