import { standingOf } from './standing.ts';
import type { DeliveryFacts, DeliveryStanding } from './standing.ts';

/** The standing as it is now; while a try is waited for it asks to be looked at once a second, to count down to it. */
export class StandingWatch {
  readonly #tick: () => void;
  #standing: DeliveryStanding | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tick: () => void) {
    this.#tick = tick;
  }

  get now(): DeliveryStanding | undefined {
    return this.#standing;
  }

  look(facts: Omit<DeliveryFacts, 'nowMs'>): void {
    this.release();
    this.#standing = standingOf({ ...facts, nowMs: Date.now() });
    if (this.#standing?.standing === 'waiting') this.#timer = setTimeout(this.#tick, 1000);
  }

  release(): void {
    clearTimeout(this.#timer);
  }
}
