import { GainRamp } from './gain-ramp.ts';

/** What the gate needs to know of its context, in frames. */
export interface TapGateOptions {
  quantumFrames: number;
  /** Length of the fade of a cut. All its frames sound; the first silent one comes after them. */
  fadeFrames: number;
}

/**
 * The gain between a stream that somebody else made and the loudspeaker. A cut fades it to silence, and it stays silent
 * until `gain` opens it again; one asked for during the fade takes effect after it.
 */
export class TapGate {
  readonly #fadeFrames: number;
  readonly #gains: Float32Array;
  readonly #gain = new GainRamp(1);
  readonly #cutIds: number[] = [];
  #fadeLeft = 0;
  #afterCut: { gain: number; frames: number } | undefined;

  constructor({ quantumFrames, fadeFrames }: TapGateOptions) {
    this.#fadeFrames = fadeFrames;
    this.#gains = new Float32Array(quantumFrames);
  }

  /** From the next frame on, over this many frames. */
  gain(gain: number, frames: number): void {
    if (this.#cutIds.length > 0) this.#afterCut = { gain, frames };
    else this.#gain.rampTo(gain, frames);
  }

  cut(cutId: number): void {
    if (this.#cutIds.length === 0 && this.#gain.value !== 0) {
      this.#fadeLeft = this.#fadeFrames;
      this.#gain.rampTo(0, this.#fadeFrames + 1);
    }
    this.#afterCut = undefined;
    this.#cutIds.push(cutId);
  }

  /** Writes input × gain to the output. `onCut` is told of each cut with the first frame that is silent. */
  pass(
    input: readonly Float32Array[],
    output: readonly Float32Array[],
    startFrame: number,
    onCut: (cutId: number, frame: number) => void,
  ): void {
    const gains = this.#gains;
    this.#writeGains(startFrame, onCut);
    for (let channel = 0; channel < output.length; channel += 1) {
      // A mono source is heard on every loudspeaker; what has no input is silent.
      const source = input[Math.min(channel, input.length - 1)];
      const target = output[channel] as Float32Array;
      for (let at = 0; at < target.length; at += 1)
        target[at] = source ? (source[at] as number) * (gains[at] as number) : 0;
    }
  }

  #writeGains(startFrame: number, onCut: (cutId: number, frame: number) => void): void {
    let at = 0;
    while (this.#cutIds.length > 0 && at < this.#gains.length) {
      const end = Math.min(this.#gains.length, at + this.#fadeLeft);
      this.#gain.write(this.#gains, at, end);
      this.#fadeLeft -= end - at;
      at = end;
      if (this.#fadeLeft > 0) return;
      this.#gain.jump(0);
      if (this.#afterCut) this.#gain.rampTo(this.#afterCut.gain, this.#afterCut.frames);
      this.#afterCut = undefined;
      for (const cutId of this.#cutIds) onCut(cutId, startFrame + at);
      this.#cutIds.length = 0;
    }
    this.#gain.write(this.#gains, at, this.#gains.length);
  }
}
