/** Asks the browser to keep this site's storage when space runs out. */
export class Persistence {
  #persisted: boolean | null = null;
  #asked = false;

  /** True: it promised. False: it did not. Null: it has not answered, or has no such promise. */
  get persisted(): boolean | null {
    return this.#persisted;
  }

  /**
   * Asks once, from a click at best. Nobody waits: Firefox asks the person, who may never answer. `onError`: the browser
   * refused the question itself.
   */
  ask(onError: (cause: unknown) => void): void {
    if (this.#asked) return;
    this.#asked = true;
    // Absent on a page that is not secure.
    const storage = navigator.storage as StorageManager | undefined;
    storage
      ?.persist?.()
      .then((persisted) => (this.#persisted = persisted))
      .catch(onError);
  }
}
