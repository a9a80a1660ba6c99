import type { FollowTurn } from './follow-turn.ts';
import { type PlayerAction, nextSpeed } from './keys.ts';
import type { PlayerTexts } from './player-texts.ts';
import type { ReviewController } from './review-controller.ts';
import type { TimelineView } from './timeline-view.ts';

/** The player, as far as keys and buttons steer it. */
export interface Steered {
  speed: number;
  play(): Promise<void>;
  pause(): void;
  seek(positionMs: number): void;
}

/** What an action needs beside the player itself. */
export interface ActionPorts {
  review: ReviewController;
  timeline: TimelineView;
  follow: FollowTurn;
  texts(): PlayerTexts;
  /** Says something to a screen reader. */
  tell(news: string): void;
  /** For work that nobody awaits: its failure is shown. */
  watch(work: Promise<unknown>): void;
}

/** Does what a key or a button asks for. */
export class PlayerActions {
  readonly #player: Steered;
  readonly #ports: ActionPorts;

  constructor(player: Steered, ports: ActionPorts) {
    this.#player = player;
    this.#ports = ports;
  }

  do(action: PlayerAction): void {
    const player = this.#player;
    const ports = this.#ports;
    const { review, timeline } = ports;
    const texts = ports.texts();
    switch (action.do) {
      case 'toggle':
        if (review.playback.state === 'paused') ports.watch(player.play());
        else player.pause();
        return;
      case 'move':
        return player.seek(review.playback.positionMs + action.ms);
      case 'start':
        return player.seek(0);
      case 'end':
        return player.seek(review.session?.durationMs ?? 0);
      case 'turn':
        return this.#step(action.step);
      case 'speed':
        player.speed = nextSpeed(player.speed, action.step);
        return ports.tell(`${texts.speed}: ${texts.speedOf(player.speed)}`);
      case 'zoom':
        return timeline.zoom(action.factor);
      case 'fit':
        return timeline.fit();
    }
  }

  #step(step: -1 | 1): void {
    const ports = this.#ports;
    const { review } = ports;
    const texts = ports.texts();
    ports.follow.follow();
    const turns = review.session?.turns ?? [];
    const turn = review.step(step);
    if (turn) ports.tell(texts.turnAt(turns.indexOf(turn) + 1, turns.length, texts[turn.speaker], turn.startMs));
  }
}
