import type { UtteranceResult } from '../../core/events.ts';
import type { Bot, Utterance } from '../../page/bot.ts';
import type { ItemTranscripts } from '../item-transcripts.ts';
import { type AudioFormat, AudioPieces, lengthMs } from './audio-format.ts';
import { type ClientEvent, truncation } from './client-events.ts';
import type { RealtimeNews } from './server-events.ts';

/** What the bot's side of a recording is given. */
export interface SpokenItemsOptions {
  bot: Pick<Bot, 'begin'>;
  transcripts: ItemTranscripts;
  bind: (turnId: string, itemId: string) => void;
  format: () => AudioFormat;
  send: (event: ClientEvent) => void;
}

interface Spoken {
  utterance: Utterance;
  responseId: string;
  contentIndex: number;
  pieces: AudioPieces;
  receivedMs: number;
  /** No more audio comes. */
  isComplete: boolean;
}

/**
 * The bot whose audio comes as messages: each item is an utterance of its own, all of a response are one turn. What of an item was not heard
 * when it was cut, the server is told to forget, of those that waited as well.
 */
export class SpokenItems {
  readonly #options: SpokenItemsOptions;
  readonly #items = new Map<string, Spoken>();
  readonly #turns = new Map<string, string>();
  /** Responses that were cut: what they begin afterwards is nobody's to hear. */
  readonly #cut = new Set<string>();

  constructor(options: SpokenItemsOptions) {
    this.#options = options;
  }

  /** Error: `invalid_argument`, `session_ended`, `source_taken`. */
  audio({ responseId, itemId, contentIndex, base64 }: Extract<RealtimeNews, { type: 'bot-audio' }>): void {
    const item = this.#items.get(itemId) ?? this.#begin(responseId, itemId, contentIndex);
    if (!item) return;
    const format = this.#options.format();
    const samples = item.pieces.decode(base64, format);
    item.receivedMs += lengthMs(samples, format);
    if (samples.length > 0) item.utterance.write(samples, format);
  }

  audioEnd(itemId: string): void {
    const item = this.#items.get(itemId);
    if (!item || item.isComplete) return;
    item.isComplete = true;
    item.utterance.end();
  }

  /** The response is complete, or was given up: none of its items gets any more. */
  responseOver(responseId: string): void {
    for (const [itemId, item] of this.#items) if (item.responseId === responseId) this.audioEnd(itemId);
  }

  /** The line is gone, or the recording ends: what has come is said to its end. */
  finish(): void {
    for (const itemId of this.#items.keys()) this.audioEnd(itemId);
  }

  #begin(responseId: string, itemId: string, contentIndex: number): Spoken | undefined {
    if (this.#cut.has(responseId)) return undefined;
    const { bot, transcripts, bind } = this.#options;
    const known = this.#turns.get(responseId);
    const utterance = bot.begin({ utteranceId: itemId, ...(known !== undefined && { turnId: known }) });
    const { turnId } = utterance;
    this.#turns.set(responseId, turnId);
    bind(turnId, itemId);
    transcripts.learn(itemId, { turnId, role: 'assistant' });
    const item: Spoken = {
      utterance,
      responseId,
      contentIndex,
      pieces: new AudioPieces(),
      receivedMs: 0,
      isComplete: false,
    };
    this.#items.set(itemId, item);
    void utterance.done.then((result) => this.#done(itemId, item, result));
    return item;
  }

  #done(itemId: string, item: Spoken, { interrupted, heardMs }: UtteranceResult): void {
    if (!interrupted) {
      this.#items.delete(itemId);
      return;
    }
    this.#cut.add(item.responseId);
    this.#options.transcripts.learn(itemId, { interrupted: true });
    const { contentIndex, receivedMs } = item;
    const event = truncation({ itemId, contentIndex, heardMs, receivedMs });
    if (event) this.#options.send(event);
  }
}
