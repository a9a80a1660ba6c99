import { expect, test } from 'vitest';
import type { StoredSession, Turn } from 'turntape';
import { histogram } from './latencies.ts';
import { median, missingMs, tapeOf } from './tape.ts';

const STARTED_AT = 1_700_000_000_000;

/** A row of this device, as far as the tape reads it. */
const row = (turnId: string, speaker: 'user' | 'bot', startMs: number, endMs: number, over: object = {}) => ({
  turnId,
  speaker,
  startedAt: STARTED_AT + startMs,
  endedAt: STARTED_AT + endMs,
  speechOnsetMs: 0,
  interrupted: false,
  heardMs: null,
  generatedMs: null,
  responseLatencyMs: null,
  gaps: [],
  ...over,
});

const stored = (...segments: object[]) =>
  ({ session: { sessionId: 's', startedAt: STARTED_AT }, segments, transcripts: [] }) as unknown as StoredSession;

test('[DEMO-10] turns stand on the tape where their rows say that they were spoken, a long one as one', () => {
  const session = stored(
    row('b', 'bot', 900, 2900, { responseLatencyMs: 400 }),
    row('a', 'user', 0, 700, { speechOnsetMs: 200 }),
    row('c', 'user', 4000, 5000),
    row('c', 'user', 5000, 6500),
  );
  const { turns, lengthMs } = tapeOf(session, undefined);
  expect(turns.map(({ turnId, startMs, endMs }) => [turnId, startMs, endMs])).toEqual([
    ['a', 200, 700],
    ['b', 900, 2900],
    ['c', 4000, 6500],
  ]);
  expect(turns[1]?.answeredMs).toBe(400);
  expect(lengthMs).toBe(6500);
});

test('[DEMO-10] a cut shows what was never heard, and the time from the voice to silence; a cut by hand has no voice', () => {
  const cut = { interrupted: true, heardMs: 1000, generatedMs: 5000 };
  const byVoice = stored(row('b', 'bot', 0, 1040, cut), row('a', 'user', 800, 2000, { speechOnsetMs: 200 }));
  expect(tapeOf(byVoice, undefined).turns[0]).toMatchObject({ unheardMs: 4000, silenceMs: 40 });
  const byHand = stored(row('b', 'bot', 0, 1040, cut), row('a', 'user', 3000, 4000));
  expect(tapeOf(byHand, undefined).turns[0]).toMatchObject({ unheardMs: 4000, silenceMs: null });
});

test('[DEMO-10] what nobody heard is no turn', () => {
  const tail = row('t', 'bot', 1000, 1000, { unheardTail: { turnId: 'b' } });
  expect(tapeOf(stored(tail), undefined).turns).toEqual([]);
});

test('[DEMO-10] a page that was reloaded counts from its own start: what it tells of stands behind what was spoken before', () => {
  const turn = { turnId: 'b', speaker: 'user', startMs: 1000, startedAt: STARTED_AT + 61_000 } as Turn;
  const gap = { speaker: 'user', startMs: 500, endMs: 900, cause: 'blocks_lost' } as const;
  const live = { sessionId: 's', turns: [turn], unheardMs: new Map(), gaps: [gap], nowMs: 1600 };
  const { turns, gaps, lengthMs } = tapeOf(stored(row('a', 'user', 0, 700)), live);
  expect(turns.map(({ turnId, startMs, endMs }) => [turnId, startMs, endMs])).toEqual([
    ['a', 0, 700],
    ['b', 61_000, 61_600],
  ]);
  expect([gaps, lengthMs]).toEqual([[{ ...gap, startMs: 60_500, endMs: 60_900 }], 61_600]);
});

test('[DEMO-10] a running turn grows with the time, and its row takes its place', () => {
  const turn = { turnId: 'a', speaker: 'user', startMs: 1000, startedAt: STARTED_AT + 1000 } as Turn;
  const live = { sessionId: 's', turns: [turn], unheardMs: new Map([['b', 700]]), gaps: [], nowMs: 1600 };
  expect(tapeOf(stored(), live).turns).toMatchObject([{ turnId: 'a', startMs: 1000, endMs: 1600, open: true }]);
  const cut = { turnId: 'b', speaker: 'bot', startMs: 0, endMs: 900, startedAt: STARTED_AT, interrupted: true } as Turn;
  // What nobody heard is known with the cut, long before there is a row.
  expect(tapeOf(stored(), { ...live, turns: [cut] }).turns).toMatchObject([{ endMs: 900, unheardMs: 700 }]);
  const kept = stored(row('a', 'user', 1000, 1700));
  expect(tapeOf(kept, live).turns).toMatchObject([{ turnId: 'a', endMs: 1700, open: false }]);
});

test('[DEMO-10] gaps stand where they were, and what only the loudspeaker left out is not missing', () => {
  const gaps = [
    { startMs: 100, endMs: 350, cause: 'microphone_lost' },
    { startMs: 400, endMs: 500, cause: 'playback_underrun' },
  ];
  const tape = tapeOf(stored(row('a', 'user', 2000, 3000, { gaps })), undefined);
  expect(tape.gaps.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
    [2100, 2350],
    [2400, 2500],
  ]);
  expect(missingMs(tape.gaps)).toBe(250);
});

test('[DEMO-16] a gap stands in the lane that has it; digital silence is not missing, and what both lanes miss is missing once', () => {
  const suspended = { startMs: 100, endMs: 600, cause: 'context_suspended' };
  const silent = { startMs: 0, endMs: 8900, cause: 'input_silent' };
  const { gaps } = tapeOf(
    stored(
      row('a', 'user', 0, 9000, { gaps: [silent, suspended] }),
      row('b', 'bot', 0, 9000, { gaps: [suspended, { startMs: 500, endMs: 700, cause: 'blocks_lost' }] }),
    ),
    undefined,
  );
  expect(gaps.map(({ speaker, cause }) => `${speaker} ${cause}`)).toEqual([
    'user input_silent',
    'user context_suspended',
    'bot context_suspended',
    'bot blocks_lost',
  ]);
  expect(missingMs(gaps)).toBe(600);
  expect(missingMs(gaps.filter(({ cause }) => cause === 'input_silent'))).toBe(0);
});

test('[DEMO-11] every value is in one column, the slow ones in the last; the middle one is the middle one', () => {
  expect(histogram([0, 99, 100, 5000, -3], 100, 3).map(({ count }) => count)).toEqual([3, 1, 1]);
  expect([median([]), median([5]), median([1, 9, 4]), median([1, 2, 4, 9])]).toEqual([null, 5, 4, 3]);
});
