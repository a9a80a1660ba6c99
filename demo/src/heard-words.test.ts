import { expect, test } from 'vitest';
import { heardText } from './heard-words.ts';

const first = {
  text: 'Hello there.',
  durationMs: 1000,
  words: [
    { atMs: 0, position: 0 },
    { atMs: 400, position: 6 },
  ],
};
const second = {
  text: 'You spoke for 2.4 seconds.',
  durationMs: 2000,
  words: [
    { atMs: 0, position: 0 },
    { atMs: 300, position: 4 },
    { atMs: 700, position: 10 },
    { atMs: 900, position: 14 },
    { atMs: 1100, position: 15 },
    { atMs: 1500, position: 18 },
  ],
};

test('[DEMO-1] a word is heard when half of it was, and heard and unheard together are the text', () => {
  expect(heardText([first], 150)).toMatchObject({ heard: '', unheard: 'Hello there.', heardWords: 0 });
  expect(heardText([first], 250)).toMatchObject({ heard: 'Hello ', unheard: 'there.', heardWords: 1, allWords: 2 });
  expect(heardText([first], 1000)).toMatchObject({ heard: 'Hello there.', unheard: '', heardWords: 2 });
});

test('[DEMO-1] later sentences begin where the earlier ones end, in the text and in the audio', () => {
  expect(heardText([first, second], 1600)).toEqual({
    heard: 'Hello there. You spoke ',
    unheard: 'for 2.4 seconds.',
    heardWords: 4,
    allWords: 7,
  });
});

test('[DEMO-1] a number that is spoken in several words is never split', () => {
  expect(heardText([second], 1050).unheard).toBe('2.4 seconds.');
  expect(heardText([second], 1400).unheard).toBe('seconds.');
});

test('[DEMO-1] nothing spoken is nothing heard', () => {
  expect(heardText([], 500)).toEqual({ heard: '', unheard: '', heardWords: 0, allWords: 0 });
});
