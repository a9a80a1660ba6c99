import type { Gap, GapCause } from '../core/gap.ts';
import type { Speaker } from '../core/turn.ts';

/** A range of session frames that could not be captured. `speaker` undefined: both tracks miss it. */
export interface Loss {
  from: number;
  to: number;
  cause: GapCause;
  speaker: Speaker | undefined;
}

/** Every loss of a session, so that each segment can name the holes in its own range. */
export class LossLedger {
  readonly #losses: Loss[] = [];
  readonly #open: (() => readonly Loss[])[] = [];

  get all(): readonly Loss[] {
    return this.#losses;
  }

  /** Asks `losses` for those that still go on whenever a file is finished. */
  include(losses: () => readonly Loss[]): void {
    this.#open.push(losses);
  }

  add(loss: Loss): void {
    this.#losses.push(loss);
  }

  /** True when this range of a track is already written down: a hole is reported once. */
  covers(speaker: Speaker, from: number, to: number): boolean {
    return this.#of(speaker).some((loss) => loss.from <= from && to <= loss.to);
  }

  /** The gaps of a file that begins at frame `from`, in milliseconds from its start. */
  gaps(speaker: Speaker, from: number, to: number, clockRate: number): Gap[] {
    const milliseconds = (frames: number): number => (frames / clockRate) * 1000;
    return [...this.#of(speaker), ...this.#open.flatMap((losses) => this.#of(speaker, losses()))]
      .filter((loss) => loss.from < to && from < loss.to)
      .map((loss) => ({
        startMs: milliseconds(Math.max(loss.from, from) - from),
        endMs: milliseconds(Math.min(loss.to, to) - from),
        cause: loss.cause,
      }));
  }

  #of(speaker: Speaker, losses: readonly Loss[] = this.#losses): Loss[] {
    return losses.filter((loss) => loss.speaker === undefined || loss.speaker === speaker);
  }
}
