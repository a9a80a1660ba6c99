import { TurntapeError } from '../core/errors.ts';
import { FOR_EARS, type LowPass } from './kaiser-sinc.ts';
import { GROUP, polyphaseFilter } from './resampler-filter.ts';
import type { PolyphaseFilter } from './resampler-filter.ts';

/** Rates that are accepted, in Hz: what an AudioContext accepts. */
const LOWEST_RATE = 3_000;
const HIGHEST_RATE = 768_000;

/** Input is filtered in slices of this many frames, so that the working buffer stays small for any block. */
const SLICE = 4_096;

/**
 * Changes the rate of one mono stream, with state across blocks. Band-limited: aliases and images lie at least 80 dB
 * down, the pass band is flat within 0.1 dB up to 0.9 of the lower Nyquist frequency, and the output is the same to the
 * bit however the input is cut into blocks. Output frame `n` is the sound at `n / outputRate` seconds of the input.
 *
 * Of `N` input frames come exactly `Math.round((N * outputRate) / inputRate)` output frames, {@link flush} included: no
 * drift in any length of time.
 *
 * An output waits for the input frames after its own place ({@link lookAheadMs}): 3.5 ms from 48 or 44.1 to 16 kHz,
 * 1.2 ms from 44.1 to 48 kHz, 6.9 ms to or from 8 kHz.
 *
 * Equal rates pass through: {@link process} then returns the array that it was given.
 */
export class Resampler {
  readonly #inputRate: number;
  readonly #outputRate: number;
  readonly #filter: PolyphaseFilter | undefined;
  /** The input that outputs still need, oldest first. */
  readonly #held: Float32Array;
  #heldFrames = 0;
  /** Phase of the next group, in parts of `1 / up` of an input frame after the first held one. */
  #phase = 0;
  #inputFrames = 0;
  #outputFrames = 0;

  /**
   * @param inputRate In Hz, an integer from 3000 to 768000. Throws `invalid_argument` otherwise.
   * @param outputRate The same.
   * @param lowPass How well it filters, and so how long it looks ahead. Default: as said above.
   */
  constructor(inputRate: number, outputRate: number, lowPass: LowPass = FOR_EARS) {
    this.#inputRate = checkRate(inputRate, 'inputRate');
    this.#outputRate = checkRate(outputRate, 'outputRate');
    this.#filter = inputRate === outputRate ? undefined : polyphaseFilter(inputRate, outputRate, lowPass);
    this.#held = new Float32Array(this.#filter ? this.#filter.width + SLICE : 0);
    this.#restart();
  }

  /** Milliseconds of input that must follow an output frame's own place before it can be computed. 0 for equal rates. */
  get lookAheadMs(): number {
    if (!this.#filter) return 0;
    return (this.#filter.halfWidth / this.#inputRate + (GROUP - 1) / this.#outputRate) * 1000;
  }

  /** Takes the next frames and returns the outputs that they complete: one new array, often of another length. */
  process(samples: Float32Array): Float32Array {
    if (!this.#filter) return samples;
    this.#inputFrames += samples.length;
    const output = new Float32Array(this.#groupsWithin(this.#heldFrames + samples.length) * GROUP);
    this.#run(samples, output);
    this.#outputFrames += output.length;
    return output;
  }

  /** Ends the stream and returns what is left. The next {@link process} begins a new stream. */
  flush(): Float32Array {
    if (!this.#filter) return new Float32Array(0);
    const total = Math.round((this.#inputFrames * this.#outputRate) / this.#inputRate);
    const left = total - this.#outputFrames;
    // After the end lies silence: enough of it that the last group is complete.
    const silence = new Float32Array(2 * this.#filter.width);
    const output = new Float32Array(this.#groupsWithin(this.#heldFrames + silence.length) * GROUP);
    this.#run(silence, output);
    this.#restart();
    return output.slice(0, left);
  }

  #restart(): void {
    this.#inputFrames = 0;
    this.#outputFrames = 0;
    this.#phase = 0;
    if (!this.#filter) return;
    // Before the beginning lies silence too: half a filter of it puts output 0 on input frame 0.
    this.#heldFrames = this.#filter.halfWidth - 1;
    this.#held.fill(0);
  }

  /** Whole groups that this many held frames suffice for. */
  #groupsWithin(frames: number): number {
    if (!this.#filter) return 0;
    const { up, down, width } = this.#filter;
    const reach = frames - width;
    return reach < 0 ? 0 : Math.floor((reach * up + up - 1 - this.#phase) / (GROUP * down)) + 1;
  }

  #run(samples: Float32Array, output: Float32Array): void {
    let written = 0;
    for (let taken = 0; taken < samples.length; taken += SLICE) {
      const slice = samples.subarray(taken, taken + SLICE);
      this.#held.set(slice, this.#heldFrames);
      this.#heldFrames += slice.length;
      written = this.#filterHeld(output, written);
    }
  }

  #filterHeld(output: Float32Array, offset: number): number {
    if (!this.#filter) return offset;
    const { up, down, width, weights } = this.#filter;
    const held = this.#held;
    let written = offset;
    let phase = this.#phase;
    let first = 0;
    while (first + width <= this.#heldFrames) {
      let weight = this.#filter.row(phase);
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      for (let frame = first; frame < first + width; frame += 1) {
        const sample = held[frame]!;
        a += sample * weights[weight]!;
        b += sample * weights[weight + 1]!;
        c += sample * weights[weight + 2]!;
        d += sample * weights[weight + 3]!;
        weight += GROUP;
      }
      output[written] = a;
      output[written + 1] = b;
      output[written + 2] = c;
      output[written + 3] = d;
      written += GROUP;
      phase += GROUP * down;
      first += Math.floor(phase / up);
      phase %= up;
    }
    this.#phase = phase;
    held.copyWithin(0, first, this.#heldFrames);
    this.#heldFrames -= first;
    return written;
  }
}

function checkRate(rate: number, field: string): number {
  if (Number.isInteger(rate) && rate >= LOWEST_RATE && rate <= HIGHEST_RATE) return rate;
  throw new TurntapeError(
    'invalid_argument',
    `${field} must be an integer from ${LOWEST_RATE} to ${HIGHEST_RATE} Hz, not ${rate}`,
    { field },
  );
}
