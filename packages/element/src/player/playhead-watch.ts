import type { FollowTurn } from './follow-turn.ts';
import type { PlayerTexts } from './player-texts.ts';
import { holeText } from './player-transcript.ts';
import type { ReviewController } from './review-controller.ts';
import { type ReviewTurn, turnAt } from './review-session.ts';
import type { SliderWords } from './slider-words.ts';
import type { TimelineView } from './timeline-view.ts';

/** What shows where it stands. */
export interface PlayheadPorts {
  review: ReviewController;
  timeline: TimelineView;
  slider: SliderWords;
  follow: FollowTurn;
  texts(): PlayerTexts;
  /** The element is in a page. */
  connected(): boolean;
  /** The turn at the playhead is another; undefined between turns. */
  entered(turn: ReviewTurn | undefined): void;
}

/** With `prefers-reduced-motion` the playhead moves in steps this far apart. */
const STILL_STEP_MS = 250;

/** Writes where playback stands, past the drawing of the element: to the timeline, the slider and the list. */
export class PlayheadWatch {
  readonly #ports: PlayheadPorts;
  #current: string | undefined;
  #frame: number | undefined;
  #drawnAt = 0;

  constructor(ports: PlayheadPorts) {
    this.#ports = ports;
  }

  /** Frames run only while something moves. */
  run(): void {
    const ports = this.#ports;
    if (this.#frame !== undefined || ports.review.playback.state === 'paused' || !ports.connected()) return;
    this.#frame = requestAnimationFrame((now) => {
      this.#frame = undefined;
      const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
      if (!still || now - this.#drawnAt >= STILL_STEP_MS) {
        this.#drawnAt = now;
        ports.timeline.follow();
        this.show();
      }
      this.run();
    });
  }

  /** No further frame. */
  stop(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#frame = undefined;
  }

  /** Writes where it stands. */
  show(): void {
    const ports = this.#ports;
    const { session, playback } = ports.review;
    if (!session) return;
    const texts = ports.texts();
    const { turns, holes, durationMs } = session;
    const { positionMs } = playback;
    const turn = turnAt(turns, positionMs);
    ports.slider.show({
      positionMs,
      durationMs,
      time: texts.time(positionMs),
      words: () => {
        const here = (each: { startMs: number; endMs: number }): boolean =>
          each.startMs <= positionMs && positionMs < each.endMs;
        const speaking = new Set(turns.filter(here).map(({ speaker }) => texts[speaker]));
        const hole = holes.find(here);
        return texts.place(positionMs, durationMs, [...speaking], hole && holeText(hole, texts));
      },
    });
    ports.follow.show(turn?.turnId, playback.state !== 'paused' || turn?.turnId !== this.#current);
    ports.timeline.paint();
    if (turn?.turnId === this.#current) return;
    this.#current = turn?.turnId;
    ports.entered(turn);
  }
}
