/**
 * Runs work with the same key one after another, in the order it came; other keys run beside it. Posts of one segment
 * that arrive together would otherwise write one file at the same time.
 */
export class OneAtATime {
  readonly #last = new Map<string, Promise<unknown>>();

  async run<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const previous = this.#last.get(key);
    // What became of the previous work is the affair of whoever asked for it.
    const mine = previous === undefined ? work() : previous.then(work, work);
    this.#last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(key) === mine) this.#last.delete(key);
    }
  }
}
