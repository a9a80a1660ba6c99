import { PLAY_RATE } from './lane-audio.ts';

/** One window, and the step from one to the next in what comes out: 20 and 10 ms, two or three periods of a voice. */
const WINDOW = 0.02 * PLAY_RATE;
const HOP = WINDOW / 2;
/** How far a window may lie from where the clock wants it, so that the periods of the voice go on: 8 ms, a voice of 62 Hz. */
const REACH = 0.008 * PLAY_RATE;
/** Likeness is looked at in every fourth sample, at every fourth place: a voice has its period far below 6 kHz. */
const COARSE = 4;

const RISE = Float32Array.from({ length: HOP }, (_, index) => Math.sin(((index + 0.5) / HOP) * (Math.PI / 2)) ** 2);

/** Reads the track: samples of the session from a place on. Undefined: silence. */
export type ReadTrack = (from: number, length: number) => Float32Array | undefined;

/**
 * Plays a track faster or slower with its pitch kept: WSOLA. Windows are taken where the clock wants them, moved by a few
 * milliseconds to where the voice goes on in step, and laid over each other. The clock itself is never moved: after n samples
 * out, n × speed samples have gone in, to the sample.
 */
export class TimeStretch {
  readonly #read: ReadTrack;
  readonly #speed: number;
  /** Where the clock stands in what goes in. */
  #clock: number;
  /** What the last window would have gone on with, as it is, and as it is laid under the next one. */
  #next: Float32Array | undefined;

  constructor(read: ReadTrack, from: number, speed: number) {
    this.#read = read;
    this.#clock = from;
    this.#speed = speed;
  }

  /** The next samples, `length` being whole hops of 10 ms. Undefined: silence. */
  take(length: number): Float32Array | undefined {
    let out: Float32Array | undefined;
    for (let at = 0; at < length; at += HOP) {
      const hop = this.#hop();
      if (!hop) continue;
      out ??= new Float32Array(length);
      out.set(hop.subarray(0, length - at), at);
    }
    return out;
  }

  #hop(): Float32Array | undefined {
    const wanted = Math.round(this.#clock);
    this.#clock += HOP * this.#speed;
    const around = this.#read(wanted - REACH, WINDOW + 2 * REACH);
    const tail = this.#next;
    if (!around) {
      this.#next = undefined;
      return tail && faded(tail);
    }
    const at = tail ? closest(around, tail) : REACH;
    const out = new Float32Array(HOP);
    for (let index = 0; index < HOP; index += 1) {
      const rise = tail ? (RISE[index] ?? 1) : 1;
      out[index] = (around[at + index] ?? 0) * rise + (tail?.[index] ?? 0) * (1 - rise);
    }
    this.#next = around.slice(at + HOP, at + WINDOW);
    return out;
  }
}

/** Where in the neighbourhood the audio is most like what should go on. */
function closest(around: Float32Array, tail: Float32Array): number {
  let best = REACH;
  let bestScore = -Infinity;
  for (let at = 0; at <= 2 * REACH; at += COARSE) {
    let product = 0;
    let power = 1e-6;
    for (let index = 0; index < HOP; index += COARSE) {
      const sample = around[at + index] ?? 0;
      product += sample * (tail[index] ?? 0);
      power += sample * sample;
    }
    const score = product / Math.sqrt(power);
    if (score > bestScore) {
      bestScore = score;
      best = at;
    }
  }
  return best;
}

function faded(tail: Float32Array): Float32Array {
  return tail.map((sample, index) => sample * (1 - (RISE[index] ?? 1)));
}
