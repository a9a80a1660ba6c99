import { AsyncDirective, directive } from 'lit/async-directive.js';

/** How often what grows is written anew, in milliseconds of session time. */
export const TIMES_STEP_MS = 200;

/** What is to be seen at a moment of the session. */
type TextAt = (nowMs: number) => string;

/**
 * The session's time for everything that grows with it: the clock, and length and tape of an open turn. Each is written into
 * its own place, since five drawings a second of the whole element for the sake of two numbers cost more than all the rest.
 */
export class RunningTimes {
  readonly #places = new Set<Growing>();
  #nowMs = 0;
  #writtenMs = 0;

  /** A level of this moment came, which may not be the newest. */
  heard(atMs: number): void {
    const step = Math.floor(atMs / TIMES_STEP_MS) * TIMES_STEP_MS;
    if (step > this.#nowMs) this.#nowMs = step;
  }

  /** Writes what has grown since it was last called. */
  write(): void {
    if (this.#writtenMs === this.#nowMs) return;
    this.#writtenMs = this.#nowMs;
    for (const place of this.#places) place.write(this.#nowMs);
  }

  /** The whole element is drawn anew, at this moment. */
  drawn(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#writtenMs = nowMs;
  }

  /** In a template: what `textAt` says, now and as long as the place is there. */
  growing(textAt: TextAt): unknown {
    return growing(this, textAt);
  }

  /** @internal */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** @internal */
  add(place: Growing): void {
    this.#places.add(place);
  }

  /** @internal */
  remove(place: Growing): void {
    this.#places.delete(place);
  }
}

/** A place in a template that is written by its `RunningTimes`, until it is gone. */
class Growing extends AsyncDirective {
  #times: RunningTimes | undefined;
  #textAt: TextAt = String;

  override render(times: RunningTimes, textAt: TextAt): string {
    this.#times = times;
    this.#textAt = textAt;
    if (this.isConnected) times.add(this);
    return textAt(times.nowMs);
  }

  write(nowMs: number): void {
    this.setValue(this.#textAt(nowMs));
  }

  protected override disconnected(): void {
    this.#times?.remove(this);
  }

  protected override reconnected(): void {
    this.#times?.add(this);
  }
}

const growing = directive(Growing);
