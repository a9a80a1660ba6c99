import type { Segment, Transcript, Turn } from 'turntape';
import { expect, test } from 'vitest';
import { SessionBook } from './session-book.ts';
import { spokenText } from './spoken-text.ts';
import {
  deliveryOf,
  durationOf,
  withDelivery,
  withDiscarded,
  withInterruption,
  withSegment,
  withTurn,
  withWords,
} from './turn-list.ts';
import type { TurnList } from './turn-list.ts';

const turn = (over: Partial<Turn> & { turnId: string }): Turn => ({
  speaker: 'user',
  epoch: 0,
  startFrame: 0,
  startMs: 0,
  endFrame: undefined,
  endMs: undefined,
  startedAt: 0,
  endReason: undefined,
  interrupted: false,
  interruptionCause: undefined,
  overlapsTurnId: undefined,
  utteranceIds: [],
  ...over,
});

const segment = (over: Partial<Segment>): Segment =>
  ({
    segmentId: 's1',
    turnId: 't1',
    part: 1,
    isLast: true,
    speaker: 'user',
    byteSize: 900,
    durationMs: 1200,
    interrupted: false,
    heardMs: null,
    generatedMs: null,
    responseLatencyMs: null,
    ...over,
  }) as Segment;

const only = (list: TurnList) => {
  expect(list).toHaveLength(1);
  return list[0]!;
};

test('[FACE-1] a turn is listed once, from its start, and its end completes the same row', () => {
  const open = withTurn([], turn({ turnId: 't1', startMs: 400 }));
  expect(deliveryOf(only(open))).toBe('recording');
  expect(durationOf(only(open), 1400)).toBe(1000);
  const closed = withTurn(open, turn({ turnId: 't1', startMs: 400, endMs: 2900 }));
  expect(durationOf(only(closed), 9000)).toBe(2500);
  expect(deliveryOf(only(closed))).toBe('keeping');
});

test('[FACE-1] turns stand in the order of their onsets, also when the later one is told first', () => {
  let list = withTurn([], turn({ turnId: 'late', startMs: 900, speaker: 'bot' }));
  list = withTurn(list, turn({ turnId: 'early', startMs: 200 }));
  expect(list.map((row) => row.turnId)).toEqual(['early', 'late']);
});

test('[FACE-2] a cut turn stays marked and keeps what was heard and generated, whatever is told later', () => {
  let list = withTurn([], turn({ turnId: 't1', speaker: 'bot' }));
  list = withInterruption(list, {
    turnId: 't1',
    utteranceId: undefined,
    cause: 'client_vad',
    epoch: 0,
    cutFrame: 48000,
    renderedMs: 1000,
    heardMs: 970,
    generatedMs: 4200,
    cutLatencyMs: 5,
  });
  // What is told of the turn itself may come before it knows of its cut.
  list = withTurn(list, turn({ turnId: 't1', speaker: 'bot', endMs: 1000, interrupted: false }));
  expect(only(list).interrupted).toBe(true);
  list = withTurn(list, turn({ turnId: 't1', speaker: 'bot', endMs: 1000, interrupted: true }));
  list = withSegment(list, segment({ speaker: 'bot', heardMs: 970, generatedMs: 4200, interrupted: true }));
  expect(only(list)).toMatchObject({ interrupted: true, heardMs: 970, generatedMs: 4200, endMs: 1000 });
});

test('[FACE-3] a turn of several parts stands where its slowest part stands', () => {
  let list = withTurn([], turn({ turnId: 't1', endMs: 5000 }));
  list = withSegment(list, segment({ segmentId: 's2', part: 2 }));
  list = withSegment(list, segment({ segmentId: 's1', part: 1, isLast: false }));
  expect(only(list).segments.map((one) => one.segmentId)).toEqual(['s1', 's2']);
  list = withDelivery(list, 's1', 'acknowledged');
  expect(deliveryOf(only(list))).toBe('kept');
  list = withDelivery(list, 's2', 'sent');
  expect(deliveryOf(only(list))).toBe('sent');
  list = withDelivery(list, 's2', 'acknowledged');
  expect(deliveryOf(only(list))).toBe('acknowledged');
});

test('[FACE-3] a receipt is final and one refused part is shown', () => {
  let list = withTurn([], turn({ turnId: 't1', endMs: 5000 }));
  list = withSegment(list, segment({ segmentId: 's1' }));
  list = withDelivery(list, 's1', 'acknowledged');
  expect(deliveryOf(only(withDelivery(list, 's1', 'sent')))).toBe('acknowledged');
  list = withSegment(list, segment({ segmentId: 's2', part: 2 }));
  expect(deliveryOf(only(withDelivery(list, 's2', 'rejected')))).toBe('rejected');
});

test('[FACE-3] a turn that made no file says so, and one without audio has nothing to play', () => {
  const ended = withTurn([], turn({ turnId: 't1', endMs: 10 }));
  expect(deliveryOf(only(withDiscarded(ended, { turnId: 't1', speaker: 'user', reason: 'empty' })))).toBe('discarded');
  expect(only(withSegment(ended, segment({ byteSize: 0 }))).segments[0]).toMatchObject({ hasAudio: false });
});

test('[FACE-1] news of turns and segments that were never announced breaks nothing', () => {
  expect(withDelivery([], 'nobody', 'sent')).toEqual([]);
  expect(withDiscarded([], { turnId: 'nobody', speaker: 'bot', reason: 'not_recorded' })).toEqual([]);
  expect(only(withSegment([], segment({})))).toMatchObject({ turnId: 't1', endMs: 1200 });
});

test('[HEAR-21] what nobody heard is no turn of the list', () => {
  const unheardTail = { turnId: 't1', utteranceId: 'u1', fromMs: 100, toMs: 900 };
  expect(withSegment([], segment({ turnId: 't2', unheardTail }))).toEqual([]);
});

test('[FACE-13] a file that was rewritten takes the place of the one it replaces', () => {
  const before = withSegment([], segment({}));
  const row = only(withSegment(before, segment({ segmentId: 's2', replaces: 's1' })));
  expect(row.segments.map((one) => one.segmentId)).toEqual(['s2']);
});

const words = (over: Partial<Transcript>): Transcript =>
  ({ transcriptId: 'w1', turnId: 't1', externalId: null, revision: 1, text: 'Hello', ...over }) as Transcript;

test('[FACE-31] words stand at their turn in the order in which they came, corrected ones in their place', () => {
  let list = withWords(withTurn([], turn({ turnId: 't1' })), words({}));
  list = withWords(list, words({ transcriptId: 'w2', text: 'and welcome.' }));
  list = withWords(list, words({ revision: 2, text: 'Good day' }));
  list = withWords(list, words({ revision: 1, text: 'late and old' }));
  expect(only(list).words.map(({ text }) => text)).toEqual(['Good day', 'and welcome.']);
});

test('[FACE-31] words that name only the voice stack’s id wait for the segment that has it', () => {
  const book = new SessionBook();
  const transcript = words({ turnId: null, externalId: 'item-7' });
  book.heed({ type: 'turn-start', event: { turn: turn({ turnId: 't1' }) } });
  book.heed({ type: 'transcript', event: { transcript } });
  expect(only(book.turns).words).toEqual([]);
  book.heed({ type: 'segment-kept', event: { segment: segment({ externalId: 'item-7' }) } });
  expect(only(book.turns).words).toMatchObject([{ text: 'Hello' }]);
});

test('[WORD-14] of a bot that was cut the list has what was heard of its words, as soon as that is known', () => {
  const list = withWords(withTurn([], turn({ turnId: 't1', speaker: 'bot' })), words({ heardText: null }));
  expect(only(list).words.map(spokenText)).toEqual([{ heard: 'Hello', unheard: '' }]);
  const cut = withWords(list, words({ revision: 2, heardText: 'He' }));
  expect(only(cut).words.map(spokenText)).toEqual([{ heard: 'He', unheard: 'llo' }]);
  // Words that are spelled otherwise have no place in the text, and nothing is made up.
  const other = withWords(cut, words({ revision: 3, heardText: 'Hi' }));
  expect(only(other).words.map(spokenText)).toEqual([{ heard: 'Hello', unheard: '' }]);
});
