import type { GapCause } from '../core/gap.ts';
import type { ContextNote } from '../core/messages/capture-note.ts';

/** What the page said of the context explains a break that shows this much later. */
const SAID_HOLDS_MS = 1000;

/** Blocks that kept coming at this fraction of the time that the wall clock leapt did not stand still. */
const STOOD_STILL = 0.5;

/**
 * Why the frames and the wall clock parted. The page says when the context was suspended or interrupted; when it said
 * nothing, and the blocks kept coming all the same, it was the wall clock that leapt.
 */
export class BreakCauses {
  readonly #now: () => number;
  #arrivedMs: number | undefined;
  #said: { cause: GapCause; untilMs: number } | undefined;

  /** `now`: monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  contextSaid(state: ContextNote): void {
    if (state === 'running') {
      if (this.#said) this.#said.untilMs = this.#now() + SAID_HOLDS_MS;
      return;
    }
    this.#said = {
      cause: state === 'interrupted' ? 'context_interrupted' : 'context_suspended',
      untilMs: Infinity,
    };
  }

  /** A block arrived. `breakMs`: how much the timeline found to be missing before it, if anything, and its own word for it. */
  arrived(found?: { lengthMs: number; cause: GapCause }): GapCause | undefined {
    const now = this.#now();
    const quietMs = now - (this.#arrivedMs ?? now);
    this.#arrivedMs = now;
    if (!found) return undefined;
    const said = this.#said && now <= this.#said.untilMs ? this.#said.cause : undefined;
    this.#said = undefined;
    if (found.cause !== 'context_suspended') return found.cause;
    return said ?? (quietMs < found.lengthMs * STOOD_STILL ? 'clock_jump' : found.cause);
  }
}
