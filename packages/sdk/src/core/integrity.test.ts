import { expect, test } from 'vitest';
import { leastSpeechMs } from './integrity.ts';

test('[INTEG-1] words take at least as long as the fastest speech, in any script; what has no word takes no time', () => {
  expect(leastSpeechMs('')).toBe(0);
  expect(leastSpeechMs('… — ?!')).toBe(0);
  expect(leastSpeechMs('a'.repeat(25))).toBe(1000);
  // Spaces and marks are not said; digits are.
  expect(leastSpeechMs('Hello, you: 42!')).toBe((10 / 25) * 1000);
  // A sign that is a syllable or a word counts as three letters.
  expect(leastSpeechMs('你好')).toBe((6 / 25) * 1000);
  expect(leastSpeechMs('Größe été')).toBe((8 / 25) * 1000);
});
