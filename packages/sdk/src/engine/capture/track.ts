/**
 * One speaker's continuous audio on the session's timeline, at one constant rate. Whatever is missing between two
 * pushes is silence; who listens sees every frame once and in order. The recent past stays readable: a turn begins
 * before anybody knows of it.
 */
export interface TrackEvents {
  /** The next frames, silence for holes included. */
  onAudio: (from: number, samples: Float32Array) => void;
  /** Frames that never came; they follow as silence. */
  onHole: (from: number, to: number) => void;
}

/** A hole is filled in pieces, so that an hour of suspended context does not need an hour of samples at once. */
const SILENCE_PIECE_FRAMES = 48_000;

export class Track {
  readonly #retainFrames: number;
  readonly #events: TrackEvents;
  readonly #past: { from: number; samples: Float32Array }[] = [];
  #end: number | undefined;
  #earliest = 0;

  /** `retainFrames`: how much of the past can be read. */
  constructor(retainFrames: number, events: TrackEvents) {
    this.#retainFrames = retainFrames;
    this.#events = events;
  }

  /** Frame after the last one; undefined before the first. */
  get end(): number | undefined {
    return this.#end;
  }

  /** The track goes on where another engine left it; without an open file there, what lies between is nobody's. */
  goOn(end: number, open: boolean): void {
    if (open) this.#end = end;
    else this.#earliest = end;
  }

  /** Appends what begins at session frame `from`. What is already there is not taken twice. */
  push(from: number, samples: Float32Array): void {
    const end = this.#end ?? Math.max(from, this.#earliest);
    if (from > end) this.#fill(end, from);
    const known = Math.max(0, end - from);
    if (known < samples.length) this.#append(from + known, known ? samples.subarray(known) : samples);
  }

  /** The audio of [from, to), as far as it is retained; what is not is silence. */
  read(from: number, to: number): Float32Array {
    const out = new Float32Array(Math.max(0, to - from));
    // From the newest back: what is asked for is mostly what came last.
    for (let index = this.#past.length - 1; index >= 0; index -= 1) {
      const piece = this.#past[index];
      if (!piece || piece.from + piece.samples.length <= from) break;
      const start = Math.max(from, piece.from);
      const stop = Math.min(to, piece.from + piece.samples.length);
      if (start < stop) out.set(piece.samples.subarray(start - piece.from, stop - piece.from), start - from);
    }
    return out;
  }

  /** Silences [from, to) as far as it is retained. What arrives later is not touched. */
  silence(from: number, to: number): void {
    for (const [index, piece] of this.#past.entries()) {
      const start = Math.max(from, piece.from) - piece.from;
      const stop = Math.min(to, piece.from + piece.samples.length) - piece.from;
      // A copy: whoever was given the samples may still be looking at them.
      if (start < stop) this.#past[index] = { ...piece, samples: piece.samples.slice().fill(0, start, stop) };
    }
  }

  #fill(from: number, to: number): void {
    this.#events.onHole(from, to);
    for (let at = from; at < to; at += SILENCE_PIECE_FRAMES)
      this.#append(at, new Float32Array(Math.min(SILENCE_PIECE_FRAMES, to - at)));
  }

  #append(from: number, samples: Float32Array): void {
    this.#past.push({ from, samples });
    this.#end = from + samples.length;
    while (this.#past[0] && this.#past[0].from + this.#past[0].samples.length < this.#end - this.#retainFrames)
      this.#past.shift();
    this.#events.onAudio(from, samples);
  }
}
