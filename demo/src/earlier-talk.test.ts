import type { StoredSession } from 'turntape';
import { expect, test } from 'vitest';
import { earlierTalk } from './earlier-talk.ts';

const segment = (turnId: string, speaker: 'user' | 'bot', over: object = {}) => ({
  turnId,
  speaker,
  interrupted: false,
  heardMs: null,
  ...over,
});

const session = (state: string, ...segments: object[]) =>
  ({ session: { state }, segments }) as unknown as StoredSession;

test('[DEMO-2] it remembers the last conversation in which somebody spoke, not the one that runs', () => {
  const last = session(
    'ended',
    segment('a', 'user'),
    segment('a', 'user'),
    segment('b', 'bot', { interrupted: true, heardMs: 900 }),
    segment('c', 'user'),
    // Cut before a word of it was heard: for the person that is none.
    segment('d', 'bot', { interrupted: true, heardMs: 0 }),
  );
  const silent = session('ended', segment('x', 'bot'));
  const running = session('active', segment('y', 'user'));
  const older = session('ended', segment('z', 'user'));
  expect(earlierTalk([running, silent, last, older])).toEqual({ turns: 2, cuts: 1 });
  expect(earlierTalk([running, silent])).toBeUndefined();
});
