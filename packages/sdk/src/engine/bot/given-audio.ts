/**
 * What one utterance was given and has not put out, in frames from its start, at the rate of the context. It forgets what
 * was put out for certain: the player says when it begins to sound and when it runs dry, not how far it is.
 */
export class GivenAudio {
  readonly #pieces: { from: number; samples: Float32Array }[] = [];
  readonly #maxFrames: number;
  #end = 0;
  /** Frames that were put out before the last time that it ran dry, at least. */
  #played = 0;
  #soundingSince: number | undefined;

  /** `maxFrames`: more is not held, and what is beyond it is lost to the tail. */
  constructor(maxFrames: number) {
    this.#maxFrames = maxFrames;
  }

  add(samples: Float32Array): void {
    const from = this.#end;
    this.#end += samples.length;
    const held = this.#pieces[0]?.from ?? from;
    const room = this.#contiguous(from) ? this.#maxFrames - (from - held) : 0;
    if (room > 0) this.#pieces.push({ from, samples: samples.slice(0, room) });
  }

  /** It sounds since session frame `at`; from a dry spell it may have come back earlier. */
  sounds(at: number): void {
    this.#soundingSince ??= at;
  }

  /** It has nothing to play since `at`. */
  ranDry(at: number): void {
    this.#played = this.#playedUntil(at);
    this.#soundingSince = undefined;
  }

  /** The bot's track goes on to `at`: what must have been put out by then is let go. */
  advanced(at: number): void {
    this.#drop(this.#playedUntil(at));
  }

  /** What follows the first `frames` frames, as far as it is held; and where it begins. */
  rest(frames: number): { from: number; samples: Float32Array } {
    this.#drop(frames);
    const [first] = this.#pieces;
    const from = Math.max(frames, first?.from ?? frames);
    const parts = this.#pieces.map((piece) => piece.samples.subarray(Math.max(0, from - piece.from)));
    const samples = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      samples.set(part, at);
      at += part.length;
    }
    return { from, samples };
  }

  /** Nothing was left out between what is held and `from`. */
  #contiguous(from: number): boolean {
    const last = this.#pieces.at(-1);
    return last === undefined || last.from + last.samples.length === from;
  }

  #playedUntil(at: number): number {
    return this.#played + Math.max(0, at - (this.#soundingSince ?? at));
  }

  #drop(before: number): void {
    while (this.#pieces[0] && this.#pieces[0].from + this.#pieces[0].samples.length <= before) this.#pieces.shift();
  }
}
