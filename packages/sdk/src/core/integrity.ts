import type { Speaker } from './turn.ts';

/** What says that the bot spoke, where its record is silent. */
export type IntegrityCause =
  /** A transcript of the bot: more words than what is heard in the record can be. */
  | 'words_without_sound'
  /** What the bot was given to say and was played had sound, and the record has none of it. */
  | 'given_without_sound'
  /** The app's own marks of an attached stream (`boundaries: 'manual'`), which was silent from one to the other. */
  | 'marks_without_sound';

/**
 * The bot spoke, as far as anybody can tell, and its record is silent: what people heard is not in the file. Nothing is missing
 * by our own count (that is a gap) and nobody asked for it (that is a mark).
 */
export interface IntegrityEvent {
  /** The turn. Null: the stream was so silent that it has none, and the transcript names none that is known. */
  turnId: string | null;
  /** The voice stack's own id, as far as it is known. */
  externalId: string | null;
  speaker: Speaker;
  /** What is silent, in session milliseconds. */
  fromMs: number;
  toMs: number;
  cause: IntegrityCause;
}

/** Where the record of a session's bot is silent and should not be. */
export interface IntegrityStats {
  /** The newest {@link MAX_INTEGRITY_EVENTS}, in the order in which they were told. */
  events: readonly IntegrityEvent[];
  /** The bot has not sounded in the record since the newest of them: whatever is wrong is wrong still. */
  goesOn: boolean;
}

/** That the bot said something: an entry of its transcript, as far as it concerns the record. */
export interface SaidWords {
  transcriptId: string;
  revision: number;
  turnId: string | null;
  externalId: string | null;
  /** What they take at least. */
  leastMs: number;
}

/** More are told, and not remembered: a session in which each turn fails is one fault. */
export const MAX_INTEGRITY_EVENTS = 100;

/**
 * Letters and digits that nobody says faster in a second: 300 words of five letters in a minute, twice what people speak and more
 * than synthesised voices are set to. Of scripts that write a syllable or a word with one sign, a third as many signs.
 */
const FASTEST_LETTERS_PER_SECOND = 25;
const SIGN_LETTERS = 3;

const LETTERS = /[\p{L}\p{N}]/gu;
const SIGNS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;

/** How long it takes at the very least to say a text, in milliseconds. 0: there is no word in it. */
export function leastSpeechMs(text: string): number {
  const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
  const letters = count(LETTERS) + count(SIGNS) * (SIGN_LETTERS - 1);
  return (letters / FASTEST_LETTERS_PER_SECOND) * 1000;
}
