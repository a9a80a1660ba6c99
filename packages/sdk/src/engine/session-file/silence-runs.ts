/** A stretch of digital silence, in session frames. */
export interface SilenceRun {
  from: number;
  to: number;
}

/** Blocks of a context at another rate meet within this. */
const ROUNDING_FRAMES = 2;

/** Finds where an input is exactly zero, to the frame. A room is never that quiet: only an input that gives nothing is. */
export class SilenceRuns {
  readonly #shortest: number;
  readonly #retain: number;
  #runs: SilenceRun[] = [];
  #open: SilenceRun | undefined;

  /** In frames: runs shorter than `shortest` are sound; those that ended `retain` frames ago are forgotten. */
  constructor(shortest: number, retain: number) {
    this.#shortest = shortest;
    this.#retain = retain;
  }

  /** The run that goes on now. */
  get open(): SilenceRun | undefined {
    return this.#open;
  }

  /**
   * Takes the next `frames` of the input; `samples` null is silence. They may be at another rate. Returns the run that
   * ended in them, if one did.
   */
  take(from: number, frames: number, samples: Float32Array | null): SilenceRun | undefined {
    // What was not captured is not known to be silent.
    const broken =
      this.#open && Math.abs(this.#open.to - from) > ROUNDING_FRAMES ? this.#close(this.#open.to) : undefined;
    const sounding = samples ? samples.findIndex((sample) => sample !== 0) : -1;
    if (sounding < 0) {
      this.#open ??= { from, to: from };
      this.#open.to = from + frames;
      return broken;
    }
    const { length } = samples as Float32Array;
    const at = (sample: number): number => from + Math.round((sample * frames) / length);
    const ended = this.#open ? this.#close(at(sounding)) : undefined;
    const last = (samples as Float32Array).findLastIndex((sample) => sample !== 0);
    if (last + 1 < length) this.#open = { from: at(last + 1), to: from + frames };
    this.#runs = this.#runs.filter((run) => run.to > from - this.#retain);
    return ended ?? broken;
  }

  /** Every run that touches [from, to], the oldest first. */
  touching(from: number, to: number): SilenceRun[] {
    const all = this.#open ? [...this.#runs, this.#open] : this.#runs;
    return all.filter((run) => run.to - run.from >= this.#shortest && run.from <= to && run.to >= from);
  }

  #close(to: number): SilenceRun | undefined {
    const run = this.#open && { ...this.#open, to };
    this.#open = undefined;
    if (!run || run.to - run.from < this.#shortest) return undefined;
    this.#runs.push(run);
    return run;
  }
}
