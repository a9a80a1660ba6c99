/** Samples and their place on a line of samples. */
export interface Placed {
  at: number;
  samples: Float32Array;
}

/** Mono samples, piece by piece, without a hole. Whoever reads them does not write to them. */
export type Pcm = AsyncGenerator<Float32Array, void, undefined>;

/** Silence is given in pieces, so that an hour of it needs no room. */
const SILENCE = new Float32Array(48_000);

/** Pieces in order as one line over [from, to): silence between them; what overlaps is taken once. */
export async function* continuous(pieces: AsyncIterable<Placed>, from: number, to: number): Pcm {
  let at = from;
  for await (const { at: start, samples } of pieces) {
    if (start > at) yield* silence(Math.min(start, to) - at);
    at = Math.max(at, Math.min(start, to));
    if (at >= to) return;
    const part = samples.subarray(at - start, at - start + to - at);
    if (part.length > 0) yield part;
    at += part.length;
  }
  yield* silence(to - at);
}

/** The channels' samples in blocks of one length; they must be equally long. */
export async function* together(channels: readonly Pcm[], blockSamples: number) {
  const readers = channels.map((pcm) => new BlockReader(pcm));
  try {
    for (;;) {
      const block: Float32Array[] = [];
      for (const reader of readers) block.push(await reader.read(blockSamples));
      if ((block[0]?.length ?? 0) === 0) return;
      yield block;
    }
  } finally {
    for (const pcm of channels) await pcm.return();
  }
}

function* silence(samples: number): Generator<Float32Array, void, undefined> {
  for (let left = samples; left > 0; left -= SILENCE.length) yield SILENCE.subarray(0, Math.min(left, SILENCE.length));
}

class BlockReader {
  readonly #pcm: Pcm;
  #rest = new Float32Array(0);

  constructor(pcm: Pcm) {
    this.#pcm = pcm;
  }

  /** So many samples, fewer only at the end. */
  async read(count: number): Promise<Float32Array> {
    const block = new Float32Array(count);
    let filled = 0;
    while (filled < count) {
      if (this.#rest.length === 0) {
        const next = await this.#pcm.next();
        if (next.done) break;
        this.#rest = next.value as Float32Array<ArrayBuffer>;
      }
      const part = this.#rest.subarray(0, count - filled);
      block.set(part, filled);
      filled += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return filled === count ? block : block.slice(0, filled);
  }
}
