import type { GapEvent } from '../../core/events.ts';
import type { Gap, GapCause } from '../../core/gap.ts';
import type { Speaker } from '../../core/turn.ts';
import type { SessionClock } from './session-clock.ts';

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

  /** Losses of a session that another engine has found, in session milliseconds. */
  remember(gaps: readonly GapEvent[], clock: Pick<SessionClock, 'toFrames'>): void {
    for (const { startMs, endMs, cause, speaker } of gaps)
      this.add({ from: clock.toFrames(startMs), to: clock.toFrames(endMs), cause, speaker });
  }

  add(loss: Loss): void {
    this.#losses.push(loss);
  }

  /** A loss that still grows: the one that began at the same frame reaches further now. */
  grow(loss: Loss): void {
    const { from, to, cause, speaker } = loss;
    const known = this.#losses.findLast(
      (each) => each.from === from && each.cause === cause && each.speaker === speaker,
    );
    if (known) known.to = to;
    else this.add({ ...loss });
  }

  /**
   * What of a range of a track is not written down yet, so that nothing is reported twice. `beside`: the cause of the loss
   * that it adjoins, if one does.
   */
  uncovered(speaker: Speaker, from: number, to: number): { from: number; to: number; beside: GapCause | undefined }[] {
    const known = this.#of(speaker)
      .filter((loss) => loss.from <= to && from <= loss.to)
      .toSorted((one, other) => one.from - other.from);
    const rests: { from: number; to: number; beside: GapCause | undefined }[] = [];
    let at = from;
    let beside: GapCause | undefined;
    for (const loss of known) {
      if (loss.from > at) rests.push({ from: at, to: loss.from, beside: loss.cause });
      // One that lies within another adjoins nothing.
      if (loss.to < at) continue;
      at = loss.to;
      beside = loss.cause;
    }
    if (at < to) rests.push({ from: at, to, beside });
    return rests;
  }

  /** The gaps of a file that begins at frame `from`, in milliseconds from its start. What took no frame is no hole in it. */
  gaps(speaker: Speaker, from: number, to: number, clockRate: number): Gap[] {
    const milliseconds = (frames: number): number => (frames / clockRate) * 1000;
    return [...this.#of(speaker), ...this.#open.flatMap((losses) => this.#of(speaker, losses()))]
      .filter((loss) => Math.max(loss.from, from) < Math.min(loss.to, to))
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
