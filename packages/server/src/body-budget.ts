import { WireError } from './wire/wire-error.ts';

/** When to try again while others' bodies fill the memory, in milliseconds. */
const AGAIN_MS = 1000;

/** How many bytes of bodies may be in memory at a time: many large uploads at once must not end the process. */
export class BodyBudget {
  readonly #bytes: number;
  #taken = 0;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Takes room for a body or refuses it with 503. One alone is never refused, however large. */
  take(bytes: number): void {
    if (this.#taken > 0 && this.#taken + bytes > this.#bytes)
      throw new WireError('unavailable', 'Too much is being uploaded at once.', { retryAfterMs: AGAIN_MS });
    this.#taken += bytes;
  }

  give(bytes: number): void {
    this.#taken -= bytes;
  }
}
