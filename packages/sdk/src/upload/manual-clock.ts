import type { Clock } from './clock.ts';

/** A clock for tests: time passes when it is told to. */
export class ManualClock implements Clock {
  #nowMs: number;
  readonly #timers = new Set<{ readonly dueMs: number; readonly callback: () => void }>();

  constructor(nowMs = 1_800_000_000_000) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Time until the next timer, or undefined when nobody waits. */
  get nextMs(): number | undefined {
    const due = Array.from(this.#timers, (timer) => timer.dueMs);
    return due.length === 0 ? undefined : Math.min(...due) - this.#nowMs;
  }

  /** Lets time pass and calls what is due, in order. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    const due = Array.from(this.#timers)
      .filter((timer) => timer.dueMs <= untilMs)
      .sort((a, b) => a.dueMs - b.dueMs);
    for (const timer of due) {
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
      if (this.#timers.delete(timer)) timer.callback();
    }
    this.#nowMs = untilMs;
  }
}
