import { TurntapeError, isTurntapeError } from '../core/errors.ts';
import type { TranscriptEntry, Transcripts } from '../page/transcripts.ts';

/** What is known of the words of one item of the voice stack. */
export interface ItemWords {
  role: TranscriptEntry['role'];
  text: string;
  turnId: string;
  interrupted: boolean;
  /** Wall time, in milliseconds since 1970. */
  occurredAt: number;
}

interface Known {
  readonly transcriptId: string;
  words: Partial<ItemWords>;
  revision: number;
}

/**
 * The transcripts of a voice stack's items. What is known of one comes piece by piece and in any order: its text, its turn, that it was cut.
 * With its text it is attached at once, by the stack's own id; what comes later is the next revision of it.
 */
export class ItemTranscripts {
  readonly #transcripts: Pick<Transcripts, 'attach'>;
  readonly #onError: (error: TurntapeError) => void;
  readonly #items = new Map<string, Known>();
  /** One after the other: a revision never overtakes the one before. */
  #last: Promise<void> = Promise.resolve();

  constructor(transcripts: Pick<Transcripts, 'attach'>, onError: (error: TurntapeError) => void) {
    this.#transcripts = transcripts;
    this.#onError = onError;
  }

  /** Adds what is known of an item. What was known before is not said again. */
  learn(itemId: string, words: Partial<ItemWords>): void {
    const known = this.#items.get(itemId) ?? { transcriptId: crypto.randomUUID(), words: {}, revision: 0 };
    this.#items.set(itemId, known);
    const { turnId, text, interrupted = false } = known.words;
    known.words = { ...known.words, ...words };
    const now = known.words;
    if (now.text === undefined || now.role === undefined) return;
    const isNew =
      known.revision === 0 || now.text !== text || now.turnId !== turnId || (now.interrupted ?? false) !== interrupted;
    if (!isNew) return;
    known.revision += 1;
    const { revision, transcriptId } = known;
    const entry: TranscriptEntry = {
      ...(now.turnId !== undefined && { turnId: now.turnId }),
      externalId: itemId,
      role: now.role,
      text: now.text,
      interrupted: now.interrupted ?? false,
      occurredAt: (now.occurredAt ??= Date.now()),
      transcriptId,
      revision,
    };
    this.#last = this.#last.then(() => this.#attach(entry));
  }

  /** Settles when all that was learnt is kept, or was refused and told. */
  settled(): Promise<void> {
    return this.#last;
  }

  async #attach(entry: TranscriptEntry): Promise<void> {
    try {
      await this.#transcripts.attach(entry);
    } catch (thrown) {
      this.#onError(
        isTurntapeError(thrown)
          ? thrown
          : new TurntapeError('storage_failed', 'a transcript could not be kept', { cause: thrown }),
      );
    }
  }
}
