import { SampleRing } from './sample-ring.ts';

export interface TrackEvents {
  /** The next frames, silence for holes included. */
  onAudio: (from: number, samples: Float32Array) => void;
  /** Frames that never came; they follow as silence. */
  onHole: (from: number, to: number) => void;
}

/** A hole is filled in pieces, so that an hour of suspended context does not need an hour of samples at once. */
const SILENCE_PIECE_FRAMES = 48_000;

/**
 * One speaker's continuous audio on the session's timeline, at one constant rate. Whatever is missing between two
 * pushes is silence; who listens sees every frame once and in order. The recent past stays readable: a turn begins
 * before anybody knows of it.
 */
export class Track {
  readonly #events: TrackEvents;
  readonly #past: SampleRing;
  #end: number | undefined;
  #earliest = 0;

  /** `retainFrames`: how much of the past can be read. */
  constructor(retainFrames: number, events: TrackEvents) {
    this.#past = new SampleRing(retainFrames);
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
    return this.#past.read(from, to);
  }

  /** Silences [from, to) as far as it is retained. What arrives later is not touched. */
  silence(from: number, to: number): void {
    this.#past.silence(from, to);
  }

  #fill(from: number, to: number): void {
    this.#events.onHole(from, to);
    for (let at = from; at < to; at += SILENCE_PIECE_FRAMES)
      this.#append(at, new Float32Array(Math.min(SILENCE_PIECE_FRAMES, to - at)));
  }

  #append(from: number, samples: Float32Array): void {
    this.#past.append(from, samples);
    this.#end = from + samples.length;
    this.#events.onAudio(from, samples);
  }
}
