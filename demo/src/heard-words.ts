import type { WordMark } from './speech/messages.ts';

/** A sentence with the places of its words: what is needed to know which of them were heard. */
export interface TimedSentence {
  text: string;
  durationMs: number;
  words: readonly WordMark[];
}

/** What was heard of a speech, and what was not. The two together are the text. */
export interface HeardText {
  heard: string;
  unheard: string;
  heardWords: number;
  allWords: number;
}

/** The text of sentences that are spoken one after the other. */
export const speechText = (sentences: readonly { text: string }[]): string =>
  sentences.map(({ text }) => text).join(' ');

/**
 * Splits a speech at the place where the ear stopped. A word counts as heard when at least half of it was. `heardMs`
 * counts from the first sample of the first sentence.
 */
export function heardText(sentences: readonly TimedSentence[], heardMs: number): HeardText {
  const text = speechText(sentences);
  let splitAt = text.length;
  let textFrom = 0;
  let audioFrom = 0;
  search: for (const { text: sentence, durationMs, words } of sentences) {
    for (const [index, { atMs, position }] of words.entries()) {
      const endMs = words[index + 1]?.atMs ?? durationMs;
      if (audioFrom + (atMs + endMs) / 2 > heardMs) {
        splitAt = textFrom + wordStart(sentence, position);
        break search;
      }
    }
    textFrom += sentence.length + 1;
    audioFrom += durationMs;
  }
  const heard = text.slice(0, splitAt);
  return { heard, unheard: text.slice(splitAt), heardWords: countWords(heard), allWords: countWords(text) };
}

/** How many words a text has. */
function countWords(text: string): number {
  return text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

/** The start of the word at a place: the synthesizer marks a part of a number or of a joined pair now and then. */
function wordStart(sentence: string, position: number): number {
  const place = Math.min(Math.max(position, 0), sentence.length);
  return sentence.lastIndexOf(' ', Math.max(0, place - 1)) + 1;
}
