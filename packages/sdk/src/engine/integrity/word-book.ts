import type { SaidWords } from '../../core/integrity.ts';

interface Entry extends SaidWords {
  /** Where the bot's track was when they came. */
  at: number;
  /** They were asked for as strays. */
  isTaken: boolean;
}

/** Entries that are remembered: of a session that has more, the oldest belong to turns long judged. */
const MAX_ENTRIES = 512;

/** The bot's words by their turns. A correction takes the place of what it corrects. */
export class WordBook {
  readonly #entries = new Map<string, Entry>();

  /** False: an older revision came late, and says nothing. */
  add(words: SaidWords, at: number): boolean {
    const known = this.#entries.get(words.transcriptId);
    if (known && known.revision > words.revision) return false;
    this.#entries.set(words.transcriptId, { ...words, at: known?.at ?? at, isTaken: known?.isTaken ?? false });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MAX_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
    return true;
  }

  /** What the words of a turn take at least, in milliseconds. */
  leastMs(turnId: string, externalId: string | null): number {
    let sum = 0;
    for (const entry of this.#entries.values()) if (isOf(entry, turnId, externalId)) sum += entry.leastMs;
    return sum;
  }

  /** Where the oldest came that are of no known turn and were not taken; `Infinity`: there are none. */
  strayAt(isKnown: (words: SaidWords) => boolean): number {
    return Math.min(Infinity, ...this.#stray(isKnown).map(({ at }) => at));
  }

  /** Those that are of no known turn and came at this frame or before, each once. */
  takeStray(before: number, isKnown: (words: SaidWords) => boolean): SaidWords[] {
    const taken = this.#stray(isKnown).filter(({ at }) => at <= before);
    for (const entry of taken) entry.isTaken = true;
    return taken;
  }

  #stray(isKnown: (words: SaidWords) => boolean): Entry[] {
    return [...this.#entries.values()].filter((entry) => !entry.isTaken && !isKnown(entry));
  }
}

function isOf(entry: Entry, turnId: string, externalId: string | null): boolean {
  return entry.turnId === turnId || (entry.externalId !== null && entry.externalId === externalId);
}
