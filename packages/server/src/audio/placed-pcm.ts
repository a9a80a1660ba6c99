/** Bytes of one sample: 16-bit. */
export const SAMPLE_BYTES = 2;

/** Mono samples of 16 bits, piece by piece. */
export type Pcm = AsyncGenerator<Buffer, void, undefined>;

/** Sound and its place on a line of samples. Opened when its turn comes, and not before. */
export interface PlacedSound {
  at: number;
  open: () => AsyncIterable<Buffer>;
}

/** Silence is given in pieces, so that an hour of it needs no room. */
const SILENCE = Buffer.alloc(48_000 * SAMPLE_BYTES);

/**
 * Sounds in order as one line over [from, to), in samples: silence between them; what overlaps is taken once. A sound is begun
 * before the silence in front of it is given, so that one that cannot be read is told at once.
 */
export async function* lineOf(sounds: readonly PlacedSound[], from: number, to: number): Pcm {
  let at = from;
  for (const sound of sounds) {
    if (at >= to) return;
    const pieces = wholeSamples(sound.open());
    try {
      let place = sound.at;
      for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
        const begins = place;
        place += next.value.byteLength / SAMPLE_BYTES;
        if (begins > at) yield* silence(Math.min(begins, to) - at);
        at = Math.max(at, Math.min(begins, to));
        const part = next.value.subarray(Math.max(0, at - begins) * SAMPLE_BYTES, (to - begins) * SAMPLE_BYTES);
        if (part.byteLength > 0) yield part;
        at += part.byteLength / SAMPLE_BYTES;
        // Nothing is decoded that nobody asked for.
        if (at >= to) return;
      }
    } finally {
      await pieces.return();
    }
  }
  yield* silence(to - at);
}

/** Left and right as one, sample by sample. Both must be equally long. */
export async function* interleaved(left: Pcm, right: Pcm): Pcm {
  const sides = [new Taker(left), new Taker(right)] as const;
  try {
    for (;;) {
      const frames = Math.min(...(await Promise.all(sides.map((side) => side.ready()))));
      if (frames === 0) return;
      const both = Buffer.allocUnsafe(frames * 2 * SAMPLE_BYTES);
      for (const [channel, side] of sides.entries()) {
        const samples = side.take(frames);
        for (let frame = 0; frame < frames; frame++)
          both.writeInt16LE(samples.readInt16LE(frame * SAMPLE_BYTES), (frame * 2 + channel) * SAMPLE_BYTES);
      }
      yield both;
    }
  } finally {
    await Promise.all([left.return(), right.return()]);
  }
}

function* silence(samples: number): Generator<Buffer> {
  const all = SILENCE.byteLength / SAMPLE_BYTES;
  for (let left = samples; left > 0; left -= all) yield SILENCE.subarray(0, Math.min(left, all) * SAMPLE_BYTES);
}

/** A pipe may cut a sample in two. */
async function* wholeSamples(pieces: AsyncIterable<Buffer>): Pcm {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    const all = rest.byteLength > 0 ? Buffer.concat([rest, piece]) : piece;
    const end = all.byteLength - (all.byteLength % SAMPLE_BYTES);
    rest = all.subarray(end);
    if (end > 0) yield all.subarray(0, end);
  }
}

class Taker {
  readonly #pcm: Pcm;
  #rest: Buffer = Buffer.alloc(0);

  constructor(pcm: Pcm) {
    this.#pcm = pcm;
  }

  /** Samples that can be taken now; 0 at the end. */
  async ready(): Promise<number> {
    while (this.#rest.byteLength === 0) {
      const { value, done } = await this.#pcm.next();
      if (done) return 0;
      this.#rest = value;
    }
    return this.#rest.byteLength / SAMPLE_BYTES;
  }

  take(samples: number): Buffer {
    const taken = this.#rest.subarray(0, samples * SAMPLE_BYTES);
    this.#rest = this.#rest.subarray(samples * SAMPLE_BYTES);
    return taken;
  }
}
