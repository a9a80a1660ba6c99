import type { TrackerNews } from '../../core/turn-tracker.ts';

/**
 * While the bot has the floor every millisecond counts until the user is heard: the microphone is then listened to more
 * closely, which costs more messages and more work than it is worth at other times.
 */
export class Attention {
  readonly #listenClosely: (close: boolean) => void;

  constructor(listenClosely: (close: boolean) => void) {
    this.#listenClosely = listenClosely;
  }

  take(news: readonly TrackerNews[]): void {
    for (const item of news)
      if ((item.type === 'turn-start' || item.type === 'turn-end') && item.turn.speaker === 'bot')
        this.#listenClosely(item.type === 'turn-start');
  }
}
