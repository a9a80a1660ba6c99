import { MODEL_RATE } from './probability-model.ts';

/** What is judged as loud or not: 8 ms. */
const PIECE_FRAMES = 128;
const PIECE_MS = (PIECE_FRAMES / MODEL_RATE) * 1000;
/** The floor: the quietest of so many pieces in a row, within so many. One second: a room, and the pauses of a voice. */
const FLOOR_OF = 4;
const FLOOR_WITHIN = 125;
/** So many times the floor's power is a sound: 10 dB. 7 and 13 dB did as well. */
const LOUDER = 10;
/** −75 dBFS: below it lies only what no microphone gives. */
const LEAST_FLOOR = 3e-8;
/** What is so many times less than the loudest piece of its sound, 20 dB, is what a click leaves behind. */
const FADED = 100;

/** For how long there has been a sound above the floor of the room. A click is short; a voice, and its /s/ or /h/, is not. */
export class SoundRun {
  readonly #piece = new Float32Array(PIECE_FRAMES);
  #filled = 0;
  /** Power of the newest pieces, and the means of `FLOOR_OF` of them: rings. */
  readonly #powers = new Float64Array(FLOOR_OF);
  readonly #means = new Float64Array(FLOOR_WITHIN).fill(Infinity);
  #pieces = 0;
  #run = 0;
  /** The power of the loudest piece of the running sound. */
  #loudest = 0;

  /** Up to the newest whole piece. */
  get lastsMs(): number {
    return this.#run * PIECE_MS;
  }

  /** The audio that follows, at the rate of the models. */
  hear(samples: Float32Array): void {
    for (let at = 0; at < samples.length;) {
      const part = samples.subarray(at, at + PIECE_FRAMES - this.#filled);
      this.#piece.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled < PIECE_FRAMES) return;
      this.#filled = 0;
      this.#judge(meanPower(this.#piece));
    }
  }

  /** What comes next does not continue what was heard. The floor of the room is still the same. */
  interrupt(): void {
    this.#filled = 0;
    this.#run = 0;
  }

  #judge(power: number): void {
    this.#powers[this.#pieces % FLOOR_OF] = power;
    this.#pieces += 1;
    if (this.#pieces < FLOOR_OF) return;
    const mean = this.#powers.reduce((sum, each) => sum + each, 0) / FLOOR_OF;
    this.#means[this.#pieces % FLOOR_WITHIN] = mean;
    const floor = Math.max(LEAST_FLOOR, Math.min(...this.#means));
    this.#loudest = this.#run > 0 ? Math.max(this.#loudest, power) : power;
    this.#run = power > LOUDER * floor && FADED * power > this.#loudest ? this.#run + 1 : 0;
  }
}

/** Of samples at full scale 1. */
export function meanPower(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return sum / samples.length;
}
