import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { segmentFromWire } from './wire.ts';
import { sampleSegment } from '../upload-contract/samples.ts';
import { figureOf, heardOf, heardWords } from './heard-words.ts';

/** Words of 200 ms, each followed by a pause of 50. */
const spoken = (words: readonly string[]) =>
  words.map((text, index) => ({ text, startMs: index * 250, endMs: index * 250 + 200 }));
const text = 'Your balance is four hundred, and nobody knows why.';
const words = spoken(['Your', 'balance', 'is', 'four', 'hundred', 'and', 'nobody', 'knows', 'why']);

test.each([
  [0, '', null],
  [1, 'Your', 0],
  [200, 'Your', null],
  // Between two words the last one was heard to its end.
  [250, 'Your', null],
  [251, 'Your balance', 1],
  [1100, 'Your balance is four hundred', 4],
  [1249, 'Your balance is four hundred', null],
  // The comma is behind a word, not a word.
  [1260, 'Your balance is four hundred, and', 5],
  [2199, 'Your balance is four hundred, and nobody knows why', 8],
  [2200, text, null],
  [9000, text, null],
])(
  '[WORD-1] cut after %d ms, the heard text ends with the word in which the sound ended: %j',
  (heardMs, heardText, cutWord) => {
    expect(heardWords({ text, words }, heardMs)).toEqual({ heardText, cutWord });
  },
);

test('[WORD-1] whatever the cut: the heard text is the beginning of what was generated, and grows with what is heard', () => {
  const cut = fc.double({ min: 0, max: 3000, noNaN: true });
  fc.assert(
    fc.property(cut, cut, (one, other) => {
      const [less, more] = [Math.min(one, other), Math.max(one, other)].map((ms) => heardWords({ text, words }, ms));
      expect(text.startsWith(more!.heardText)).toBe(true);
      expect(more!.heardText.startsWith(less!.heardText)).toBe(true);
    }),
  );
});

test('[WORD-2] words that are spelled otherwise than in the text stand for themselves, and no later place is taken for theirs', () => {
  const said = spoken(['ten', 'people', 'attend']);
  expect(heardWords({ text: '10 people attend', words: said }, 300)).toEqual({ heardText: 'ten people', cutWord: 1 });
  expect(heardWords({ text: '10 people attend', words: said }, 100)).toEqual({ heardText: 'ten', cutWord: 0 });
  // A service that gives words with their blanks gives all of them.
  const blanks = spoken([' ten', ' peop', 'le', ' attend']);
  expect(heardWords({ text: '10 people attend', words: blanks }, 600).heardText).toBe('ten people');
});

test('[WORD-2] single characters, a script without blanks and a text that goes on behind its words are cut where they are', () => {
  const characters = spoken(Array.from('Oh, no!'));
  expect(heardWords({ text: 'Oh, no!', words: characters }, 1010)).toEqual({ heardText: 'Oh, n', cutWord: 4 });
  const chinese = spoken(Array.from('你好世界'));
  expect(heardWords({ text: '你好，世界。', words: chinese }, 510).heardText).toBe('你好，世');
  // All words that have times were heard; the rest of the text was not timed yet, and is not claimed.
  expect(heardWords({ text, words: words.slice(0, 2) }, 9000)).toEqual({ heardText: 'Your balance', cutWord: null });
});

const utterances = [
  { utteranceId: 'one', renderedMs: 1000, heardMs: 1000, generatedMs: 1000, interrupted: false },
  { utteranceId: 'two', renderedMs: 300, heardMs: 250, generatedMs: 4000, interrupted: true },
  { utteranceId: 'three', renderedMs: 0, heardMs: 0, generatedMs: 2000, interrupted: true },
];

test('[WORD-3] of several utterances each has its own end: said, cut, never begun', () => {
  const figure = { heardMs: 1250, cut: true, utterances };
  expect(heardOf(figure, 'one')).toEqual({ heardMs: 1000, cut: false });
  expect(heardOf(figure, 'two')).toEqual({ heardMs: 250, cut: true });
  expect(heardOf(figure, 'three')).toEqual({ heardMs: 0, cut: true });
  expect(heardOf(figure, null)).toEqual({ heardMs: 1250, cut: true });
  expect(heardOf(figure, 'four')).toBeUndefined();
  // 180 ms were on their way to the ear when the second was cut after 80: the end of the first was, too.
  const late = { heardMs: 900, cut: true, utterances: [utterances[0]!, { ...utterances[1]!, renderedMs: 80 }] };
  expect(heardOf(late, 'one')).toEqual({ heardMs: 900, cut: true });
  expect(heardOf(late, 'two')).toEqual({ heardMs: 0, cut: true });
});

const bot = (facts: Partial<Parameters<typeof segmentFromWire>[0]>) =>
  segmentFromWire(sampleSegment('s', { speaker: 'bot', rendered_ms: 1300, heard_ms: 1250, ...facts }));
const capture = {
  settings: {},
  vad: null,
  encoder: {},
  utterances: utterances.map(({ utteranceId, renderedMs, heardMs, generatedMs, interrupted }) => ({
    utterance_id: utteranceId,
    rendered_ms: renderedMs,
    heard_ms: heardMs,
    generated_ms: generatedMs,
    interrupted,
  })),
};

test('[WORD-4] the last segment of a turn says what was heard of it; no other does', () => {
  expect(figureOf(bot({ interrupted: true, capture }))).toMatchObject({ heardMs: 1250, cut: true, utterances });
  expect(figureOf(bot({ is_last: false }))).toBeUndefined();
  expect(figureOf(segmentFromWire(sampleSegment('s')))).toBeUndefined();
  const tail = { turn_id: 't', utterance_id: 'two', from_ms: 250, to_ms: 4000 };
  expect(figureOf(bot({ unheard_tail: tail }))).toBeUndefined();
});

test('[WORD-4] of a turn that a crash tore off its file is the witness, and what followed is not taken for heard', () => {
  const before = { ...capture, utterances: [{ ...capture.utterances[0]!, rendered_ms: 0, heard_ms: 0 }] };
  const torn = { rendered_ms: 700, heard_ms: 700, end_reason: 'crash' as const, capture: before };
  const figure = figureOf(bot(torn))!;
  expect(figure).toMatchObject({ heardMs: 700, cut: true });
  expect(heardOf(figure, 'one')).toEqual({ heardMs: 700, cut: true });
  expect(figureOf(bot({ ...torn, capture: { settings: {}, vad: null, encoder: {} } }))).toMatchObject({ cut: true });
  // Of a second file nobody knows how long the first one was.
  expect(figureOf(bot({ ...torn, part: 2 }))).toBeUndefined();
});
