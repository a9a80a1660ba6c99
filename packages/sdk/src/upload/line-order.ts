import type { SessionLine } from './session-line.ts';

/**
 * The sessions by what they wait for: the ones that can be served in order of readiness, a new one first; the ones whose
 * head rests. One that is held, under way or empty stands nowhere. Whose turn it is costs the same, however many there are.
 */
export class LineOrder {
  readonly #fresh = new Set<SessionLine>();
  readonly #served = new Set<SessionLine>();
  readonly #resting = new Set<SessionLine>();
  /** The earliest end of a rest; undefined: to be found again. */
  #wakeAtMs: number | undefined;

  /** Nobody stands here. */
  get isEmpty(): boolean {
    return this.#fresh.size + this.#served.size + this.#resting.size === 0;
  }

  /** Puts a session where it belongs, after whatever has changed of it. One that is ready and stays so keeps its place. */
  place(line: SessionLine): void {
    const canBeServed = line.head !== undefined && !line.isHeld && !line.sending;
    const isResting = canBeServed && line.restsUntilMs !== undefined;
    const ready = !canBeServed || isResting ? undefined : line.wasServed ? this.#served : this.#fresh;
    if (this.#resting.delete(line) || isResting) this.#wakeAtMs = undefined;
    if (isResting) this.#resting.add(line);
    if (ready !== this.#fresh) this.#fresh.delete(line);
    if (ready !== this.#served) this.#served.delete(line);
    ready?.add(line);
  }

  /** The session whose turn it is; rests that are over have ended. */
  first(nowMs: number): SessionLine | undefined {
    const wakeAtMs = this.earliestRest();
    if (wakeAtMs !== undefined && wakeAtMs <= nowMs)
      for (const line of Array.from(this.#resting)) {
        if ((line.restsUntilMs ?? 0) > nowMs) continue;
        if (line.head) line.waits.delete(line.head.seq);
        this.place(line);
      }
    return this.#fresh.values().next().value ?? this.#served.values().next().value;
  }

  /** When the first rest ends, or undefined. */
  earliestRest(): number | undefined {
    if (this.#resting.size === 0) return undefined;
    this.#wakeAtMs ??= Math.min(...Array.from(this.#resting, (line) => line.restsUntilMs ?? 0));
    return this.#wakeAtMs;
  }
}
