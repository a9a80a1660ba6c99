import type { BotMessage } from '../core/messages/page-engine.ts';
import type { Loudspeaker } from './bot/loudspeaker.ts';
import type { Integrity } from './integrity/integrity.ts';
import type { HandMarks } from './turns/hand-marks.ts';
import type { Listening } from './user/listening.ts';
import type { Speaking } from './bot/speaking.ts';
import type { TurnNotes } from './turns/turn-notes.ts';

export interface AppWordsRooms {
  /** A block has come: there is a timeline. */
  timeHasBegun: () => boolean;
  bot: Pick<Speaking, 'say'>;
  loudspeaker: Pick<Loudspeaker, 'setVolume'>;
  marks: Pick<HandMarks, 'take'>;
  notes: Pick<TurnNotes, 'bind'>;
  integrity: Pick<Integrity, 'said' | 'bound' | 'marked'>;
  user: Pick<Listening, 'write' | 'writeOpus' | 'serverSaid' | 'turnEnds'>;
}

/** What the app, or any thread that holds the bot's port, says: sorted. Before the first block there is no time yet: it waits. */
export class AppWords {
  readonly #rooms: AppWordsRooms;
  readonly #early: BotMessage[] = [];

  constructor(rooms: AppWordsRooms) {
    this.#rooms = rooms;
  }

  /** The timeline goes on; what waited is said now. */
  timeBegan(): void {
    for (const message of this.#early.splice(0)) this.say(message);
  }

  say(message: BotMessage): void {
    const { timeHasBegun, bot, loudspeaker, marks, notes, integrity, user } = this.#rooms;
    if (!timeHasBegun()) {
      this.#early.push(message);
      return;
    }
    switch (message.type) {
      case 'begin':
      case 'pcm':
      case 'opus':
      case 'end':
        bot.say(message);
        return;
      case 'volume':
        loudspeaker.setVolume(message.volume);
        return;
      case 'user-pcm':
        user.write(message.samples, message.sampleRate, message.encoding);
        return;
      case 'user-opus':
        user.writeOpus(message.packet, message.preSkip);
        return;
      case 'turn-start':
      case 'turn-end':
        if (message.type === 'turn-start' && message.speaker === 'bot') integrity.marked(message.turnId);
        marks.take(message);
        return;
      case 'server-vad':
        user.serverSaid(message.speech);
        return;
      case 'turn-is-over':
        user.turnEnds(message.askId);
        return;
      case 'bind':
        notes.bind(message.turnId, message.externalId);
        integrity.bound(message.turnId);
        return;
      case 'words':
        integrity.said(message);
        return;
    }
  }
}
