import type { Attachment } from '../../page/audio/attachment.ts';
import type { ItemTranscripts } from '../item-transcripts.ts';

/** What the server has drained is still on its way through the network and the browser's jitter buffer: so long the turn stays open. */
const ON_ITS_WAY_MS = 300;

/** What the bot's side of a WebRTC recording is given. */
export interface HeardResponsesOptions {
  transcripts: ItemTranscripts;
  bind: (turnId: string, itemId: string) => void;
  /** The server has cut its own reply. Settles when the turn has ended by it. */
  interrupt: () => Promise<void>;
}

/**
 * The bot whose audio comes as a track: the server says when a response begins to sound and when it is over, and each is a turn. Its items, and so
 * their words, are known before or after that.
 */
export class HeardResponses {
  readonly #options: HeardResponsesOptions;
  readonly #items = new Map<string, Set<string>>();
  readonly #turns = new Map<string, string>();
  #attachment: Pick<Attachment, 'startTurn' | 'endTurn'> | undefined;
  /** The response that sounds; its turn as soon as there is one. */
  #sounding: { responseId: string | undefined; turnId?: string } | undefined;
  /** The newest response of which there is an item. */
  #newest: string | undefined;
  #ending: ReturnType<typeof setTimeout> | undefined;

  constructor(options: HeardResponsesOptions) {
    this.#options = options;
  }

  /** The track is there, and is cut by our marks. */
  attached(attachment: Pick<Attachment, 'startTurn' | 'endTurn'>): void {
    this.#attachment = attachment;
    if (this.#sounding) this.#begin();
  }

  /** An item of a response. */
  item(responseId: string, itemId: string): void {
    const items = this.#items.get(responseId) ?? new Set();
    this.#items.set(responseId, items.add(itemId));
    this.#newest = responseId;
    this.#options.transcripts.learn(itemId, { role: 'assistant' });
    const turnId = this.#turns.get(responseId);
    if (turnId !== undefined) this.#join(turnId, itemId);
  }

  /** By its sound alone a turn has begun (`boundaries: 'activity'`). */
  turnStarted(turnId: string): void {
    if (this.#attachment) return;
    const responseId = this.#sounding?.responseId ?? this.#newest;
    this.#sounding = { responseId, turnId };
    this.#is(responseId, turnId);
  }

  started(responseId: string | undefined): void {
    this.#end();
    this.#sounding = { responseId };
    this.#begin();
  }

  stopped(): void {
    if (!this.#sounding) return;
    clearTimeout(this.#ending);
    this.#ending = setTimeout(() => this.#end(), ON_ITS_WAY_MS);
  }

  /** Cut: by its own detector, by us, by the app. */
  async cleared(): Promise<void> {
    const sounding = this.#sounding;
    if (sounding?.turnId !== undefined) await this.#options.interrupt();
    if (this.#sounding === sounding) this.#end();
  }

  /** A turn of the bot was cut. */
  interrupted(turnId: string): void {
    for (const [responseId, its] of this.#turns)
      if (its === turnId)
        for (const itemId of this.#items.get(responseId) ?? [])
          this.#options.transcripts.learn(itemId, { interrupted: true });
    // It is over already: what the server says of it afterwards concerns nobody.
    if (this.#sounding?.turnId === turnId) delete this.#sounding.turnId;
  }

  /** The recording ends. */
  finish(): void {
    this.#end();
  }

  #begin(): void {
    if (!this.#sounding || !this.#attachment) return;
    const { turnId } = this.#attachment.startTurn();
    this.#sounding.turnId = turnId;
    this.#is(this.#sounding.responseId, turnId);
  }

  #is(responseId: string | undefined, turnId: string): void {
    if (responseId === undefined) return;
    this.#turns.set(responseId, turnId);
    for (const itemId of this.#items.get(responseId) ?? []) this.#join(turnId, itemId);
  }

  #end(): void {
    clearTimeout(this.#ending);
    if (this.#sounding?.turnId !== undefined) this.#attachment?.endTurn();
    this.#sounding = undefined;
  }

  #join(turnId: string, itemId: string): void {
    this.#options.bind(turnId, itemId);
    this.#options.transcripts.learn(itemId, { turnId });
  }
}
