import { isUnplugged, rememberPlug } from './plug-memory.ts';

/**
 * The plug of this page's network: while it is pulled, every request to the server fails as it does without a network. What the
 * browser itself says (`navigator.onLine`) stays true; pull the real one to see that.
 */
export class NetworkPlug {
  #pulled = false;
  /** Settles when it is known how the last visit left it. No request leaves before. */
  readonly recalled: Promise<void> = this.#recall();

  /** Nothing reaches the server. */
  get pulled(): boolean {
    return this.#pulled;
  }

  /** Pulls it, or puts it back. */
  async pull(pulled: boolean): Promise<void> {
    this.#pulled = pulled;
    await rememberPlug(pulled);
    // What waits is tried at once, as it is when a network comes.
    if (!pulled) globalThis.dispatchEvent(new Event('online'));
  }

  async #recall(): Promise<void> {
    this.#pulled = await isUnplugged();
  }

  /** `fetch` behind the plug. */
  readonly fetch: typeof fetch = async (input, init) => {
    await this.recalled;
    if (this.#pulled) throw new TypeError('The plug is pulled.');
    return fetch(input, init);
  };
}
