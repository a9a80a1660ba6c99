/** Where the two counts lie: a cache line of their own each, since two threads write them. In words. */
const WRITTEN = 0;
const READ = 16;
const DATA = 32;

/** Memory of a ring for at least so many words: a power of two of them, so that the counts may overflow. */
export function ringMemory(words: number): SharedArrayBuffer {
  const capacity = 2 ** Math.ceil(Math.log2(Math.max(2, words)));
  return new SharedArrayBuffer((DATA + capacity) * Uint32Array.BYTES_PER_ELEMENT);
}

/**
 * Words from one thread to another through shared memory, in order, without a lock: one thread writes, one reads. Each
 * side advances a count of its own (modulo 2^32) and only looks at the other's, so neither ever waits for the other, and
 * what was counted as written is there to be read (the counts go by `Atomics`, which orders the words before them).
 *
 * A ring that is full takes less, or nothing: `write` says how much, and the rest is the writer's to keep.
 */
export class WordRing {
  readonly #counts: Int32Array;
  readonly #words: Uint32Array;

  /** The memory comes from {@link ringMemory}. */
  constructor(memory: SharedArrayBuffer) {
    this.#counts = new Int32Array(memory, 0, DATA);
    this.#words = new Uint32Array(memory, DATA * Uint32Array.BYTES_PER_ELEMENT);
  }

  /** Words that can be read now. The writer may add to them at any moment. */
  get readable(): number {
    return (Atomics.load(this.#counts, WRITTEN) - Atomics.load(this.#counts, READ)) >>> 0;
  }

  /** Takes `source` from its word `from` on, as much of it as there is room for; gives how many words that were. */
  write(source: Uint32Array, from: number): number {
    const written = Atomics.load(this.#counts, WRITTEN);
    const room = this.#words.length - ((written - Atomics.load(this.#counts, READ)) >>> 0);
    const count = Math.min(room, source.length - from);
    if (count === 0) return 0;
    const at = written & (this.#words.length - 1);
    const first = Math.min(count, this.#words.length - at);
    this.#words.set(source.subarray(from, from + first), at);
    this.#words.set(source.subarray(from + first, from + count), 0);
    Atomics.store(this.#counts, WRITTEN, written + count);
    return count;
  }

  /** Fills `target` from its word `from` on, as far as there are words; gives how many that were. */
  read(target: Uint32Array, from: number): number {
    const read = Atomics.load(this.#counts, READ);
    const count = Math.min((Atomics.load(this.#counts, WRITTEN) - read) >>> 0, target.length - from);
    if (count === 0) return 0;
    const at = read & (this.#words.length - 1);
    const first = Math.min(count, this.#words.length - at);
    target.set(this.#words.subarray(at, at + first), from);
    target.set(this.#words.subarray(0, count - first), from + first);
    Atomics.store(this.#counts, READ, read + count);
    return count;
  }

  /** Wakes the reader that waits in {@link WordRing.more}. */
  wake(): void {
    Atomics.notify(this.#counts, WRITTEN);
  }

  /** For the reader: settles when more was written, or when it is woken. Undefined: there is something to read now. */
  more(): Promise<unknown> | undefined {
    const read = Atomics.load(this.#counts, READ);
    const waiting = Atomics.waitAsync(this.#counts, WRITTEN, read);
    return waiting.async ? waiting.value : undefined;
  }
}
