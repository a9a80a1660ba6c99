/** The PCM of one utterance, on its way to the loudspeaker: mono, at the rate of the context. */
export class UtteranceAudio {
  readonly utteranceId: string;
  readonly #chunks: Float32Array[] = [];
  #offset = 0;
  #rendered = 0;
  /** Of these, put out as silence, since the user was deafened. */
  deafened = 0;
  /** No more PCM will come. */
  ended = false;
  /** It had nothing to play, and that was said. */
  dry = false;

  constructor(utteranceId: string) {
    this.utteranceId = utteranceId;
  }

  /** Frames put out so far. */
  get rendered(): number {
    return this.#rendered;
  }

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  /** Takes the buffer as it is: nobody else may write to it. */
  write(samples: Float32Array): void {
    if (samples.length > 0) this.#chunks.push(samples);
  }

  /** Moves up to `frames` frames to `out[at …)`. Returns how many there were. */
  read(out: Float32Array, at: number, frames: number): number {
    let read = 0;
    let chunk = this.#chunks[0];
    while (chunk && read < frames) {
      const take = Math.min(frames - read, chunk.length - this.#offset);
      for (let each = 0; each < take; each += 1) out[at + read + each] = chunk[this.#offset + each] as number;
      read += take;
      this.#offset += take;
      if (this.#offset === chunk.length) {
        this.#chunks.shift();
        this.#offset = 0;
        chunk = this.#chunks[0];
      }
    }
    this.#rendered += read;
    return read;
  }
}
