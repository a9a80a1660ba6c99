/**
 * An element that leaves its page. A move takes it out and puts it back, some frameworks a task later: only one that stays
 * out lets go of what it holds. One that comes back while it still lets go waits for that: what is opened for the new life
 * must not be closed with the old one.
 */
export class Departure {
  readonly #element: Element;
  readonly #release: () => Promise<void>;
  #releasing: Promise<void> | undefined;

  /** `release` closes what the element opened. Its failure is its own to show: it must not reject. */
  constructor(element: Element, release: () => Promise<void>) {
    this.#element = element;
    this.#release = release;
  }

  /** What was held is being let go of; undefined: nothing is. */
  get releasing(): Promise<void> | undefined {
    return this.#releasing;
  }

  /** It was taken out. */
  left(): void {
    setTimeout(() => void this.#go());
  }

  async #go(): Promise<void> {
    while (this.#releasing) await this.#releasing;
    if (this.#element.isConnected) return;
    this.#releasing = this.#release();
    await this.#releasing;
    this.#releasing = undefined;
  }
}
