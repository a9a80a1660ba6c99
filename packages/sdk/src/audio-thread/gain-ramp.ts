/**
 * A gain that moves from one value to another, frame by frame, along 3x² − 2x³: it starts and ends flat, so that a short
 * ramp clicks less than a straight one of twice its length. Nothing here allocates: it runs in `process()`.
 */
export class GainRamp {
  #target: number;
  #start = 0;
  #frames = 0;
  /** Frames until the target is reached. */
  #left = 0;

  /** `gain` is where it begins; 1 is unity. */
  constructor(gain: number) {
    this.#target = gain;
  }

  /** The gain of the last frame. */
  get value(): number {
    if (this.#left === 0) return this.#target;
    return this.#target + (this.#start - this.#target) * smooth(this.#left / this.#frames);
  }

  /** True when every frame to come is multiplied by exactly 1. */
  get isUnity(): boolean {
    return this.#left === 0 && this.#target === 1;
  }

  /** From the next frame on. */
  jump(gain: number): void {
    this.#target = gain;
    this.#left = 0;
  }

  /** From where it is; the last of `frames` frames has exactly `gain`. Zero frames: a jump. */
  rampTo(gain: number, frames: number): void {
    if (frames < 1) return this.jump(gain);
    this.#start = this.value;
    this.#target = gain;
    this.#frames = frames;
    this.#left = frames;
  }

  /** Writes the gains of the next frames to `gains[from … to)`. */
  write(gains: Float32Array, from: number, to: number): void {
    for (let at = from; at < to; at += 1) {
      if (this.#left > 0) this.#left -= 1;
      gains[at] = this.value;
    }
  }

  /** Passes frames that nobody hears. */
  skip(frames: number): void {
    this.#left = Math.max(0, this.#left - frames);
  }
}

function smooth(part: number): number {
  return part * part * (3 - 2 * part);
}
