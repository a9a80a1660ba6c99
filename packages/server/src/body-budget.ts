import { WireError } from './wire/wire-error.ts';

/** When to try again while others' bodies fill the memory, in milliseconds. */
const AGAIN_MS = 1000;

/** What one request holds of a {@link BodyBudget}. */
export interface BodyShare {
  /** Takes room for more bytes, or refuses with 503. One alone is never refused, however large. */
  take(bytes: number): void;
  give(bytes: number): void;
}

/** How many bytes of bodies may be in memory at a time: many uploads at once must not end the process. */
export class BodyBudget {
  readonly #bytes: number;
  #taken = 0;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Does one request's work with a share of its own, given back at its end. */
  async share<Result>(work: (share: BodyShare) => Promise<Result>): Promise<Result> {
    let mine = 0;
    const add = (bytes: number) => {
      mine += bytes;
      this.#taken += bytes;
    };
    try {
      return await work({
        take: (bytes) => {
          if (this.#taken > mine && this.#taken + bytes > this.#bytes)
            throw new WireError('unavailable', 'Too much is being uploaded at once.', { retryAfterMs: AGAIN_MS });
          add(bytes);
        },
        give: (bytes) => add(-bytes),
      });
    } finally {
      add(-mine);
    }
  }
}
