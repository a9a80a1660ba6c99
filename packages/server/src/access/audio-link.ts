import { createHmac, timingSafeEqual } from 'node:crypto';

/** How long the address of a file is good, in seconds: long enough to listen, too short to be passed around. */
export const LINK_SECONDS = 900;

/** Addresses that carry their own permission, for one file each: an `<audio>` element sends no header. */
export class AudioLinks {
  readonly #key: Uint8Array;
  readonly #now: () => number;

  constructor(key: Uint8Array, now: () => number = Date.now) {
    this.#key = key;
    this.#now = now;
  }

  /** The path with its permission. */
  sign(path: string): string {
    const expires = Math.floor(this.#now() / 1000) + LINK_SECONDS;
    return `${path}?expires=${expires}&signature=${this.#signature(path, String(expires))}`;
  }

  /** Whether this is a permission of ours for this path, and still good. */
  isGood(path: string, expires: string, signature: string): boolean {
    const expected = Buffer.from(this.#signature(path, expires));
    const given = Buffer.from(signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false;
    return /^\d{1,12}$/.test(expires) && Number(expires) * 1000 > this.#now();
  }

  #signature(path: string, expires: string): string {
    return createHmac('sha256', this.#key).update(`${path}\n${expires}`).digest('base64url');
  }
}
