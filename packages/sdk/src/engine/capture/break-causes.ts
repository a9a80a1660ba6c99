import type { GapCause } from '../../core/gap.ts';
import type { ContextNote } from '../../core/messages/capture-note.ts';

/** What the page said of the context, and a leap of the wall clock, explain a break that shows this much later. */
const EXPLAINS_FOR_MS = 1000;

/** The wall clock and the monotonic one part by this much at once only when somebody set the wall clock. A timer's own jitter is below 1. */
const LEAP_MS = 50;

/** A leap of less than this part of a break does not explain it. */
const EXPLAINS_PART = 0.5;

/** Both clocks of the engine's world, in milliseconds. */
export interface EngineClocks {
  /** Goes on at one pace, whatever is done to the system's clock. */
  monotonicMs: () => number;
  /** Since 1970. */
  wallMs: () => number;
}

/**
 * Why the frames and the wall clock parted. The page says when the context was suspended or interrupted. When it said
 * nothing, and the wall clock parted from the monotonic one, it was the wall clock that leapt; when these two agree, the
 * context stood still, as it does on a machine that had no time for anybody. When blocks arrive says nothing: those of
 * before a standstill may come right before those of after it.
 */
export class BreakCauses {
  readonly #clocks: EngineClocks;
  #partedMs: number;
  #said: { cause: GapCause; untilMs: number } | undefined;
  #leap: { byMs: number; untilMs: number } | undefined;

  constructor(clocks: EngineClocks) {
    this.#clocks = clocks;
    this.#partedMs = clocks.wallMs() - clocks.monotonicMs();
  }

  contextSaid(state: ContextNote): void {
    if (state === 'running') {
      if (this.#said) this.#said.untilMs = this.#clocks.monotonicMs() + EXPLAINS_FOR_MS;
      return;
    }
    this.#said = {
      cause: state === 'interrupted' ? 'context_interrupted' : 'context_suspended',
      untilMs: Infinity,
    };
  }

  /** A block arrived. `found`: how much the timeline found to be missing before it, if anything, and its own word for it. */
  arrived(found?: { lengthMs: number; cause: GapCause }): GapCause | undefined {
    const now = this.#clocks.monotonicMs();
    this.#watch(now);
    if (!found) return undefined;
    const said = this.#said && now <= this.#said.untilMs ? this.#said.cause : undefined;
    this.#said = undefined;
    if (found.cause !== 'context_suspended') return found.cause;
    const leapMs = this.#leap && now <= this.#leap.untilMs ? this.#leap.byMs : 0;
    if (said || leapMs < found.lengthMs * EXPLAINS_PART) return said ?? found.cause;
    this.#leap = undefined;
    return 'clock_jump';
  }

  #watch(now: number): void {
    const partedMs = this.#clocks.wallMs() - now;
    const byMs = partedMs - this.#partedMs;
    this.#partedMs = partedMs;
    if (Math.abs(byMs) > LEAP_MS) this.#leap = { byMs, untilMs: now + EXPLAINS_FOR_MS };
  }
}
