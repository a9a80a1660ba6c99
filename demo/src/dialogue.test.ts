import { expect, test } from 'vitest';
import { FRESH, afterSpeech, afterUserTurn, greeting, reply } from './dialogue.ts';
import type { Memory, SpeechFact } from './dialogue.ts';

const heardToItsEnd: SpeechFact = {
  heard: 'All of it.',
  unheard: '',
  heardWords: 3,
  allWords: 3,
  cut: undefined,
  latencyMs: 1100,
};
const cutByVoice: SpeechFact = {
  ...heardToItsEnd,
  heard: 'Hello. I am a small voice ',
  unheard: 'that lives in this tab.',
  heardWords: 6,
  allWords: 11,
  cut: 'voice',
};

/** A memory after turns of these lengths, with the bot heard to its end in between. */
const after = (...turnsMs: number[]): Memory =>
  turnsMs.reduce(
    (memory, turnMs) => afterUserTurn(afterSpeech(memory, heardToItsEnd), turnMs),
    afterSpeech(FRESH, { ...heardToItsEnd, latencyMs: null }),
  );

test('[DEMO-2] the bot answers about the turn that was measured, and asks on', () => {
  expect(reply(after(2440)).join(' ')).toMatch(/^You spoke for 2\.4 seconds\. .*\?$/);
  expect(reply(after(2000, 1000)).join(' ')).toContain('That was 1 second, 1 second shorter than before.');
  expect(reply(after(2000, 1000, 1500)).join(' ')).toContain('That was 1.5 seconds, 0.5 seconds longer than before.');
  expect(reply(after(2000, 2100)).join(' ')).toContain('2.1 seconds, almost the same as before.');
  expect(reply(after(2000, 9000)).join(' ')).toContain('9 seconds, your longest turn so far.');
});

test('[DEMO-2] a cut is the first thing it speaks of: how many words were heard, and the last of them', () => {
  const once = afterUserTurn(afterSpeech(FRESH, cutByVoice), 1500);
  expect(reply(once)[0]).toBe('You cut me off. You heard 6 of my 11 words, up to “a small voice”.');
  const twice = afterUserTurn(afterSpeech(once, { ...cutByVoice, cut: 'button' }), 1500);
  expect(reply(twice)[0]).toMatch(/^The button cut me off for the second time\. You heard 6 of my 11 words/);
  const unheard = afterUserTurn(afterSpeech(FRESH, { ...cutByVoice, heard: '', heardWords: 0 }), 1500);
  expect(reply(unheard)[0]).toBe('You cut me off before you heard a single word.');
});

test('[DEMO-2] a cut is spoken of once: heard to its end, the next answer does not repeat it', () => {
  const cut = afterUserTurn(afterSpeech(FRESH, cutByVoice), 1500);
  const next = afterUserTurn(afterSpeech(cut, heardToItsEnd), 1500);
  expect(reply(next).join(' ')).not.toContain('cut me off.');
});

test('[DEMO-2] it remembers the whole conversation and says so every third turn', () => {
  expect(reply(after(1000, 1000, 2500)).join(' ')).toContain(
    'So far you took 3 turns, 4.5 seconds in all, and you let me finish every time.',
  );
  const cut = afterUserTurn(afterSpeech(after(1000, 1000), cutByVoice), 1000);
  expect(reply(cut).join(' ')).toContain('and cut me off once.');
});

test('[DEMO-2] it knows how long its own last answer took, once there is one', () => {
  expect(reply(after(1000)).join(' ')).not.toContain('My last answer began');
  expect(reply(after(1000, 1000)).join(' ')).toContain('My last answer began 1.1 seconds after you stopped.');
});

test('[DEMO-2] every piece begins and ends as a sentence does, so that it can be spoken while the next is made', () => {
  const memories = [after(1000), after(2000, 1000), after(1, 2, 3), afterUserTurn(afterSpeech(FRESH, cutByVoice), 900)];
  for (const sentence of [...greeting(), ...memories.flatMap((memory) => reply(memory))]) {
    expect(sentence).toMatch(/^[A-Z0-9].*[.?”]$/);
  }
});

test('[DEMO-2] to somebody who was here before it says what it remembers', () => {
  expect(greeting({ turns: 4, cuts: 2 }).join(' ')).toContain('Last time you took 4 turns, and cut me off twice.');
  expect(greeting({ turns: 1, cuts: 0 }).join(' ')).toContain('one turn, and let me finish every time');
  expect(greeting({ turns: 0, cuts: 0 })).toEqual(greeting());
});
