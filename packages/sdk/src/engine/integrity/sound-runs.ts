import type { FrameRange } from '../capture/frame-range.ts';

/**
 * What is quieter than this over {@link WINDOW_MS} is no speech, in dBFS. RFC 7874 wants active speech at −22 dBFS (an RMS of 2600), 38 dB
 * above; the gate of ITU-R BS.1770, below which a programme counts as silent, lies at −70. So a quiet voice sounds, and the
 * rounding, dither or idle noise of an empty line does not.
 */
const SILENCE_DB = -60;

/** A packet of most codecs, and shorter than a vowel. */
const WINDOW_MS = 20;

/** Pauses up to this are not remembered as such: half an hour of speech is some thousand runs, not ten thousand. */
const MERGE_MS = 300;

/** Runs that are remembered: more than an hour of speech with a pause in each second. */
const MAX_RUNS = 4096;

/** Where a track is louder than silence: runs of session frames, exact to a window, pauses between words left out. */
export class SoundRuns {
  readonly #windowFrames: number;
  readonly #mergeFrames: number;
  readonly #threshold: number;
  readonly #runs: (FrameRange & { frames: number })[] = [];
  #energy = 0;
  #frames = 0;

  /** `rate`: session frames per second. */
  constructor(rate: number) {
    this.#windowFrames = Math.round((WINDOW_MS / 1000) * rate);
    this.#mergeFrames = Math.round((MERGE_MS / 1000) * rate);
    this.#threshold = 10 ** (SILENCE_DB / 10) * this.#windowFrames;
  }

  /** The track's next samples, without a hole. */
  add(from: number, samples: Float32Array): void {
    for (let index = 0; index < samples.length; index += 1) {
      const sample = samples[index] ?? 0;
      this.#energy += sample * sample;
      this.#frames += 1;
      if (this.#frames === this.#windowFrames) this.#window(from + index + 1);
    }
  }

  /** Frame after the last one that sounds; 0: none does. */
  get end(): number {
    return this.#runs.at(-1)?.to ?? 0;
  }

  /** How many frames of a range sound, pauses between words left out. */
  soundingFrames({ from, to }: FrameRange): number {
    let sum = 0;
    for (let index = this.#runs.length - 1; index >= 0; index -= 1) {
      const run = this.#runs[index];
      if (!run || run.to <= from) break;
      const within = Math.max(0, Math.min(to, run.to) - Math.max(from, run.from));
      // Where in a run its short pauses lie is not remembered.
      sum += Math.round((within / (run.to - run.from)) * run.frames);
    }
    return sum;
  }

  /** The longest stretch of a range in which nothing sounds and which none of the `excused` ranges touches; empty: there is none. */
  longestSilence({ from, to }: FrameRange, excused: readonly FrameRange[] = []): FrameRange {
    const sounding = this.#runs.filter((run) => run.to > from && run.from < to);
    const breaks = [...sounding, ...excused.filter((each) => each.to > from && each.from < to), { from: to, to }];
    let longest = { from, to: from };
    let at = from;
    for (const each of breaks.toSorted((one, other) => one.from - other.from)) {
      if (each.from - at > longest.to - longest.from) longest = { from: at, to: each.from };
      at = Math.max(at, each.to);
    }
    return longest;
  }

  #window(to: number): void {
    const sounds = this.#energy > this.#threshold;
    this.#energy = 0;
    this.#frames = 0;
    if (!sounds) return;
    const from = to - this.#windowFrames;
    const last = this.#runs.at(-1);
    if (last && from - last.to <= this.#mergeFrames) {
      last.to = to;
      last.frames += this.#windowFrames;
      return;
    }
    this.#runs.push({ from, to, frames: this.#windowFrames });
    if (this.#runs.length > MAX_RUNS) this.#runs.shift();
  }
}
