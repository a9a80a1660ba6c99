/** Releases something: a listener, a node, a port, a lock. */
export type Release = () => void | Promise<void>;

/**
 * One tree of ownership: what is opened is put in, and leaves in the opposite order when the scope is disposed. What is
 * put in afterwards is released at once. A release that fails does not keep the others from running.
 */
export class Scope {
  readonly #releases: Release[] = [];
  readonly #onError: (thrown: unknown) => void;
  #disposed: Promise<void> | undefined;

  constructor(onError: (thrown: unknown) => void) {
    this.#onError = onError;
  }

  get disposed(): boolean {
    return this.#disposed !== undefined;
  }

  add(release: Release): void {
    if (this.#disposed) void this.#run(release);
    else this.#releases.push(release);
  }

  /** A listener that leaves with the scope. */
  listen(
    target: Pick<EventTarget, 'addEventListener' | 'removeEventListener'>,
    type: string,
    listener: (event: Event) => void,
  ): void {
    target.addEventListener(type, listener);
    this.add(() => target.removeEventListener(type, listener));
  }

  dispose(): Promise<void> {
    this.#disposed ??= this.#releaseAll();
    return this.#disposed;
  }

  async #releaseAll(): Promise<void> {
    for (const release of this.#releases.splice(0).reverse()) await this.#run(release);
  }

  async #run(release: Release): Promise<void> {
    try {
      await release();
    } catch (thrown) {
      this.#onError(thrown);
    }
  }
}
