/**
 * The newest samples of a track, each at its frame, in one piece of memory. With an object for each block Firefox, which collects the
 * garbage of a worker every five seconds, stands still for twice as long (docs/decisions/0088).
 */
export class SampleRing {
  readonly #samples: Float32Array;
  /** Frames [from, to) are there. */
  #from = 0;
  #to = 0;

  /** `capacity`: so many samples at most. The system gives the memory when it is written to. */
  constructor(capacity: number) {
    this.#samples = new Float32Array(Math.max(1, Math.ceil(capacity)));
  }

  /** What is there ends at frame `from`, or is forgotten. */
  append(from: number, samples: Float32Array): void {
    if (from !== this.#to) this.#from = from;
    this.#to = from + samples.length;
    this.#from = Math.max(this.#from, this.#to - this.#samples.length);
    let at = Math.max(from, this.#from);
    this.#parts(at, this.#to, (part) => {
      part.set(samples.subarray(at - from, at - from + part.length));
      at += part.length;
    });
  }

  /** A copy of [from, to), as far as it is there; what is not is silence. */
  read(from: number, to: number): Float32Array {
    const out = new Float32Array(Math.max(0, to - from));
    let at = Math.max(from, this.#from);
    this.#parts(at, Math.min(to, this.#to), (part) => {
      out.set(part, at - from);
      at += part.length;
    });
    return out;
  }

  /** Silences [from, to), as far as it is there. */
  silence(from: number, to: number): void {
    this.#parts(Math.max(from, this.#from), Math.min(to, this.#to), (part) => part.fill(0));
  }

  /** Where these frames lie: in one piece, or in two. */
  #parts(from: number, to: number, take: (part: Float32Array) => void): void {
    for (let at = from; at < to;) {
      const place = at % this.#samples.length;
      const length = Math.min(to - at, this.#samples.length - place);
      take(this.#samples.subarray(place, place + length));
      at += length;
    }
  }
}
