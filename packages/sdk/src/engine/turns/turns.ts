import {
  type TrackedTurn,
  type TrackerFact,
  type TrackerNews,
  type TrackerSettings,
  TurnTracker,
} from '../../core/turn-tracker.ts';
import type { Speaker } from '../../core/turn.ts';

/** Who hears of turns. */
export interface TurnRoom {
  take(news: readonly TrackerNews[]): void;
}

/** The tracker, and its news on their round through the rooms. */
export class Turns {
  readonly #tracker: TurnTracker;
  readonly #news: (readonly TrackerNews[])[] = [];
  #rooms: readonly TurnRoom[] = [];

  constructor(settings: TrackerSettings) {
    this.#tracker = new TurnTracker(settings);
  }

  /** In the order in which they hear of it. */
  tells(...rooms: readonly TurnRoom[]): void {
    this.#rooms = rooms;
  }

  readonly feed = (fact: TrackerFact): void => this.tell(this.#tracker.feed(fact));

  /** Every room hears all of one news before the next, also when a room's answer makes more. */
  readonly tell = (news: readonly TrackerNews[]): void => {
    if (news.length === 0) return;
    this.#news.push(news);
    if (this.#news.length > 1) return;
    for (let next = this.#news[0]; next; next = this.#news[0]) {
      for (const room of this.#rooms) room.take(next);
      this.#news.shift();
    }
  };

  openTurn(speaker: Speaker): TrackedTurn | undefined {
    return this.#tracker.openTurn(speaker);
  }

  /** The turns of a track begin at this frame at the earliest; `parts`: the newest part of each turn that goes on. */
  goOn(speaker: Speaker, at: number, parts: ReadonlyMap<string, number>): void {
    this.#tracker.goOn(speaker, at, parts);
  }
}
