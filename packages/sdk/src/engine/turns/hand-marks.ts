import type { BotMessage } from '../../core/messages/page-engine.ts';
import type { TrackerFact } from '../../core/turn-tracker.ts';
import type { Speaker } from '../../core/turn.ts';
import type { SessionClock } from '../capture/session-clock.ts';

type HandMark = Extract<BotMessage, { type: 'turn-start' | 'turn-end' }>;

/**
 * Turns that the app marks: a key pressed and released, an attached stream that is cut by hand. A mark that says when it
 * was made is put there, whether the audio of that moment is here already or is still to come: a busy engine makes no
 * turn longer or shorter. One without a time is now.
 */
export class HandMarks {
  readonly #clock: SessionClock;
  readonly #endOf: (speaker: Speaker) => number;
  readonly #feed: (fact: TrackerFact) => void;
  /** An end that lies ahead of the track. */
  readonly #ahead = new Map<Speaker, number>();

  constructor(clock: SessionClock, endOf: (speaker: Speaker) => number, feed: (fact: TrackerFact) => void) {
    this.#clock = clock;
    this.#endOf = endOf;
    this.#feed = feed;
  }

  take(mark: HandMark): void {
    const { speaker, wallMs } = mark;
    const here = this.#endOf(speaker);
    this.#end(speaker);
    if (mark.type === 'turn-start') {
      // Never in the past: what was there before the key is nobody's.
      const at = Math.max(here, wallMs === undefined ? 0 : this.#clock.fromWallMs(wallMs));
      this.#feed({ type: 'manual-start', speaker, turnId: mark.turnId, at });
      return;
    }
    const at = wallMs === undefined ? here : this.#clock.fromWallMs(wallMs);
    this.#ahead.set(speaker, at);
    this.advanced(speaker, here);
  }

  /** The track has been captured up to this frame. */
  advanced(speaker: Speaker, to: number): void {
    if (to >= (this.#ahead.get(speaker) ?? Infinity)) this.#end(speaker);
  }

  /** No more audio comes. */
  settle(): void {
    for (const speaker of this.#ahead.keys()) this.#end(speaker);
  }

  #end(speaker: Speaker): void {
    const at = this.#ahead.get(speaker);
    if (at === undefined) return;
    this.#ahead.delete(speaker);
    this.#feed({ type: 'manual-end', speaker, at });
  }
}
