import type { Segment, UtteranceFacts } from './segment.ts';
import type { Transcript, TranscriptWord } from './session.ts';

/** The text as far as somebody heard it. */
export interface HeardWords {
  /**
   * The text up to and with the last word that had begun when the sound ended: a part of `text` from its start where the words
   * are found in it, else the words themselves.
   */
  heardText: string;
  /** Index of the word in which the sound ended: the last of `heardText`, and not heard to its end. Null: it ended between words. */
  cutWord: number | null;
}

/** What was heard of a bot turn that is over. */
export interface HeardFigure {
  /** What reached the ear of the whole turn, in milliseconds. */
  heardMs: number;
  /** It ended before it had been said to the end. */
  cut: boolean;
  /** In the order in which they were begun. Empty: an attached stream. */
  utterances: readonly Pick<UtteranceFacts, 'utteranceId' | 'renderedMs' | 'interrupted'>[];
}

/** Something that tells more than punctuation. */
const LETTER = /[\p{L}\p{N}]/u;

/**
 * What of a text was heard when `heardMs` of its audio reached the ear: of an utterance (`await utterance.done`) with words that
 * count from its start, of a turn (the event `interruption`) with words that count from the turn's. The words in their order.
 */
export function heardWords(
  { text, words }: { text: string; words: readonly TranscriptWord[] },
  heardMs: number,
): HeardWords {
  const later = words.findIndex(({ startMs }) => startMs >= heardMs);
  const heard = later === -1 ? words : words.slice(0, later);
  const last = heard.at(-1);
  if (!last) return { heardText: '', cutWord: null };
  const cutWord = last.endMs > heardMs ? heard.length - 1 : null;
  const end = endOfWords(text, heard);
  if (end === undefined) return { heardText: joined(heard), cutWord };
  // The full stop behind the last word is no sound of its own.
  const isAll = later === -1 && cutWord === null && !LETTER.test(text.slice(end));
  return { heardText: isAll ? text : text.slice(0, end), cutWord };
}

/** What was heard of the audio that an entry's times count in. Undefined: the turn has no such utterance. */
export function heardOf(
  { heardMs, cut, utterances }: HeardFigure,
  utteranceId: string | null,
): { heardMs: number; cut: boolean } | undefined {
  if (utteranceId === null) return { heardMs, cut };
  let before = 0;
  for (const { utteranceId: id, renderedMs, interrupted } of utterances) {
    // Of one that had just drained when the next was cut, the end was still on its way to the ear.
    const own = Math.max(0, Math.min(renderedMs, heardMs - before));
    if (id === utteranceId) return { heardMs: own, cut: cut && (interrupted || own < renderedMs) };
    before += renderedMs;
  }
  return undefined;
}

/** The entry, with what was heard of it. The same entry: there is nothing to say that it does not say. */
export function withHeard(entry: Transcript, { heardMs, cut }: { heardMs: number; cut: boolean }): Transcript {
  const { text, words } = entry;
  // Said to its end: the words' times are not asked, which are rounded by whoever made them.
  if (!cut) return words === null ? entry : { ...entry, heardMs, heardText: text };
  // Without the words' times a place in the text would be made up, unless there is nothing to place.
  if (words === null) return { ...entry, heardMs, heardText: heardMs > 0 ? null : '', interrupted: true };
  const heard = heardWords({ text, words }, heardMs);
  return { ...entry, heardMs, ...heard, interrupted: entry.interrupted || heard.heardText !== text };
}

/** What a bot turn's last segment says of it; undefined of every other. */
export function figureOf(segment: Segment): HeardFigure | undefined {
  const { speaker, isLast, unheardTail, renderedMs, heardMs, interrupted, capture, endReason, part } = segment;
  if (speaker !== 'bot' || !isLast || unheardTail || renderedMs === null || heardMs === null) return undefined;
  const { utterances = [] } = capture;
  const told = utterances.reduce((ms, each) => ms + each.renderedMs, 0);
  // Made from its chunks after a crash: its file is the only witness, and what was to follow nobody knows.
  const isTorn = endReason === 'crash' || (utterances.length > 0 && renderedMs - told > 1);
  if (!isTorn) return { heardMs, cut: interrupted, utterances };
  if (part > 1) return undefined;
  const [first, second] = utterances;
  const whole = first && !second ? [{ utteranceId: first.utteranceId, renderedMs, interrupted: true }] : [];
  return { heardMs, cut: true, utterances: whole };
}

/** Where in the text the last of these words ends. Undefined: they are not what stands there. */
function endOfWords(text: string, words: readonly TranscriptWord[]): number | undefined {
  let end = 0;
  for (const { text: word } of words) {
    const spelled = word.trim();
    const at = text.indexOf(spelled, end);
    // A match further on is of another word.
    if (at === -1 || (spelled !== '' && LETTER.test(text.slice(end, at)))) return undefined;
    if (spelled !== '') end = at + spelled.length;
  }
  return end;
}

/** Services that give words with their blanks give all blanks. */
function joined(words: readonly TranscriptWord[]): string {
  const isSpaced = words.some(({ text }) => text !== text.trim());
  return words
    .map(({ text }) => text)
    .join(isSpaced ? '' : ' ')
    .trim();
}
