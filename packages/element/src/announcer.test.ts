import { expect, test } from 'vitest';
import { Announcer } from './announcer.ts';
import type { Later } from './announcer.ts';
import { SpokenNews } from './spoken-news.ts';
import { DEFAULT_TEXTS } from './texts-english.ts';

/** An announcer whose time a test moves on: each call lets one pause pass. */
function scripted() {
  const waiting: (() => void)[] = [];
  const later: Later = (run) => {
    waiting.push(run);
    return () => waiting.splice(waiting.indexOf(run), 1);
  };
  const said: string[] = [];
  const announcer = new Announcer(later);
  const region = { textContent: '' };
  const set = (sentence: string): void => void said.push(sentence);
  Object.defineProperty(region, 'textContent', { set });
  announcer.speakInto(region);
  return { announcer, said, pass: () => waiting.shift()?.() };
}

test('[A11Y-3] one sentence at a time, of one matter only the newest', () => {
  const { announcer, said, pass } = scripted();
  announcer.say('phase', 'Recording has begun.');
  announcer.say('mute', 'You are muted.');
  announcer.say('mute', 'You can be heard again.');
  announcer.say('mute', 'You are muted.');
  announcer.say('network', 'You are offline.');
  // Said once more, it is news again and waits behind the others.
  announcer.say('mute', 'You are muted.');
  expect(said).toEqual(['Recording has begun.']);
  pass();
  pass();
  pass();
  expect(said).toEqual(['Recording has begun.', 'You are offline.', 'You are muted.']);
  announcer.say('mute', 'You are muted.');
  expect(said).toHaveLength(3);
});

test('[A11Y-3] a conversation is not talked over: neither turns nor levels nor single deliveries are said', () => {
  const { announcer, said, pass } = scripted();
  const spoken = new SpokenNews(announcer);
  const drawn = (phase: 'recording' | 'ended', turns: number, standing: 'sending' | 'delivered' | undefined): void =>
    spoken.drawn(DEFAULT_TEXTS, { phase, turns, standing });
  drawn('recording', 0, undefined);
  for (let turns = 1; turns < 30; turns += 1) {
    drawn('recording', turns, 'sending');
    drawn('recording', turns, 'delivered');
    spoken.heard(DEFAULT_TEXTS, { type: 'level', event: { speaker: 'user', rmsDb: -20, peakDb: -9, atMs: turns } });
    pass();
  }
  drawn('ended', 29, 'sending');
  drawn('ended', 29, 'delivered');
  pass();
  pass();
  expect(said).toEqual(['Recording has begun.', 'The recording has ended, with 29 turns.', 'Everything is delivered.']);
});
