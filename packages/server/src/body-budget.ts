import { WireError } from './wire/wire-error.ts';

/** When to try again while others' bodies fill the memory or wait to be stored, in milliseconds. */
const AGAIN_MS = 1000;
/**
 * Requests that may wait to be stored at a time: about two seconds of work on two cores. Longer lines help nobody: clients
 * give up and come again while their first try is still stored, and what is stored twice is work that others wait for.
 */
const MAX_WAITING = 256;

/** What one request holds of a {@link BodyBudget}. */
export interface BodyShare {
  /** Takes room for more bytes, or refuses with 503. One alone is never refused, however large. */
  take(bytes: number): void;
  give(bytes: number): void;
  /** All of it has come: takes a place in the line of those that wait to be stored, or refuses with 503. */
  wait(): void;
}

/**
 * How many bytes of bodies may be in memory at a time, and how many requests may wait to be stored: many uploads at once must
 * neither end the process nor make a line that only grows. Who sends slowly takes no place in the line.
 */
export class BodyBudget {
  readonly #bytes: number;
  readonly #places: number;
  #taken = 0;
  #waiting = 0;

  constructor(bytes: number, places: number = MAX_WAITING) {
    this.#bytes = bytes;
    this.#places = places;
  }

  /** Does one request's work with a share of its own, given back at its end. */
  async share<Result>(work: (share: BodyShare) => Promise<Result>): Promise<Result> {
    // Before it is read: what will not be stored now costs as little as can be.
    if (this.#waiting >= this.#places) throw tooMany();
    let mine = 0;
    let isWaiting = false;
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
        wait: () => {
          if (this.#waiting >= this.#places) throw tooMany();
          isWaiting = true;
          this.#waiting += 1;
        },
      });
    } finally {
      if (isWaiting) this.#waiting -= 1;
      add(-mine);
    }
  }
}

function tooMany(): WireError {
  return new WireError('unavailable', 'Too much waits to be stored.', { retryAfterMs: AGAIN_MS });
}
