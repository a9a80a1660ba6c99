import type { Epoch } from 'turntape';
import { expect, test } from 'vitest';
import { type SegmentKnown, buildReview } from './build-review.ts';
import { neighbour, turnAt } from './review-session.ts';

const STARTED = 1_700_000_000_000;
const epoch = (number: number, sessionFrameOffset: number): Epoch => ({
  epoch: number,
  clockId: number + 1,
  clockRate: 48_000,
  startFrame: 0,
  sessionFrameOffset,
  wallAnchor: { frame: 4800, wallMs: STARTED + 100 + sessionFrameOffset / 48 },
});

/** A second of a user's speech, in the first epoch, unless something else is said. */
const segment = (over: Partial<SegmentKnown>): SegmentKnown => ({
  segmentId: 's1',
  turnId: 't1',
  part: 1,
  speaker: 'user',
  format: 'opus',
  byteSize: 4000,
  durationMs: 1000,
  startedAt: STARTED,
  interrupted: false,
  interruptionCause: null,
  renderedMs: null,
  heardMs: null,
  generatedMs: null,
  speechOnsetMs: 0,
  responseLatencyMs: null,
  gaps: [],
  marks: [],
  clockEpoch: 0,
  startFrame: 0,
  unheardTail: undefined,
  sealed: false,
  url: undefined,
  ...over,
});

const review = (segments: SegmentKnown[], over: object = {}) =>
  buildReview({
    session: {
      sessionId: 's',
      startedAt: STARTED - 500,
      endedAt: null,
      state: 'ended',
      epochs: [epoch(0, 0), epoch(1, 480_000)],
    },
    segments,
    words: [],
    ...over,
  });

test('[REVIEW-3] a file lies where its frames lie, also in a later epoch; without frames, where the wall clock put it', () => {
  const { turns, startedAt } = review([
    segment({ startFrame: 48_000, speechOnsetMs: 300 }),
    segment({ segmentId: 's2', turnId: 't2', clockEpoch: 1, startFrame: 24_000 }),
    segment({ segmentId: 's3', turnId: 't3', clockEpoch: null, startFrame: null, startedAt: STARTED + 20_000 }),
  ]);
  expect(startedAt).toBe(STARTED);
  expect(turns.map(({ parts, startMs, endMs }) => [parts[0]?.startMs, startMs, endMs])).toEqual([
    [1000, 1300, 2000],
    [10_500, 10_500, 11_500],
    [20_000, 20_000, 21_000],
  ]);
});

test('[REVIEW-3] of a session that a reloaded page went on with the turns of both runs lie at their own times, though their epochs are called the same', () => {
  const session = { sessionId: 's', startedAt: STARTED - 60_000, endedAt: null, state: 'ended', epochs: [epoch(0, 0)] };
  const { turns, startedAt } = review(
    [
      segment({ startedAt: STARTED - 50_000, startFrame: 480_000 }),
      segment({ segmentId: 's2', turnId: 't2', startedAt: STARTED + 1000, startFrame: 48_000 }),
    ],
    { session },
  );
  expect(startedAt).toBe(STARTED - 60_000);
  expect(turns.map(({ turnId, startMs }) => [turnId, startMs])).toEqual([
    ['t1', 10_000],
    ['t2', 61_000],
  ]);
});

test('[REVIEW-3] the parts of a turn are one turn, in order', () => {
  const { turns, durationMs } = review([
    segment({ segmentId: 'b', part: 2, startFrame: 96_000 }),
    segment({ segmentId: 'a', part: 1, startFrame: 48_000 }),
  ]);
  expect(turns).toHaveLength(1);
  expect(turns[0]?.parts.map(({ segmentId }) => segmentId)).toEqual(['a', 'b']);
  expect([turns[0]?.startMs, turns[0]?.endMs, durationMs]).toEqual([1000, 3000, 3000]);
});

test('[REVIEW-3] what nobody heard is the tail that was kept, else what was generated less what was put out', () => {
  const cut = { speaker: 'bot', interrupted: true, renderedMs: 900, heardMs: 880, generatedMs: 3000 } as const;
  const tail = { turnId: 't1', utteranceId: 'u', fromMs: 900, toMs: 3000 };
  const without = review([segment(cut)]).turns[0];
  expect([without?.unheardMs, without?.tails]).toEqual([2100, []]);
  const kept = review([segment(cut), segment({ segmentId: 'x', turnId: 'x', durationMs: 2090, unheardTail: tail })]);
  expect(kept.turns).toHaveLength(1);
  expect(kept.turns[0]?.unheardMs).toBe(2090);
  expect(kept.turns[0]?.tails.map(({ segmentId }) => segmentId)).toEqual(['x']);
  // Played whole: what is left over is rounding, and no ghost.
  expect(review([segment({ ...cut, interrupted: false, renderedMs: 2999 })]).turns[0]?.unheardMs).toBe(0);
  // Never put out at all.
  const never = review([
    segment({ ...cut, interrupted: false, renderedMs: 0, heardMs: 0, byteSize: 0, durationMs: 0 }),
  ]);
  expect([never.turns[0]?.unheardMs, never.turns[0]?.parts]).toEqual([3000, []]);
});

test('[REVIEW-3] gaps and marks lie where their file lies', () => {
  const { holes } = review([
    segment({ startFrame: 96_000, marks: [{ startMs: 100, endMs: 200, kind: 'mute' }] }),
    segment({ segmentId: 'b', turnId: 't2', gaps: [{ startMs: 500, endMs: 600, cause: 'engine_stall' }] }),
  ]);
  expect(holes).toEqual([
    { speaker: 'user', startMs: 500, endMs: 600, kind: 'gap', cause: 'engine_stall' },
    { speaker: 'user', startMs: 2100, endMs: 2200, kind: 'mute', cause: undefined },
  ]);
});

test('[REVIEW-20] what two files say of one place is one hole, of both speakers when both miss it; silence is no gap', () => {
  const suspended = { startMs: 100, endMs: 600, cause: 'context_suspended' } as const;
  const silent = { cause: 'input_silent' } as const;
  const { holes } = review([
    segment({ gaps: [suspended, { ...silent, startMs: 600, endMs: 1000 }] }),
    segment({
      segmentId: 'b',
      turnId: 't1',
      part: 2,
      startFrame: 24_000,
      gaps: [{ ...silent, startMs: 200, endMs: 900 }],
    }),
    segment({
      segmentId: 'c',
      turnId: 't2',
      speaker: 'bot',
      gaps: [suspended, { ...suspended, startMs: 650, endMs: 700 }],
    }),
  ]);
  expect(holes).toEqual([
    { speaker: null, startMs: 100, endMs: 600, kind: 'gap', cause: 'context_suspended' },
    { speaker: 'user', startMs: 600, endMs: 1400, kind: 'quiet', cause: 'input_silent' },
    { speaker: 'bot', startMs: 650, endMs: 700, kind: 'gap', cause: 'context_suspended' },
  ]);
});

test('[REVIEW-13] words whose files are gone are a turn without audio, where they were said', () => {
  const words = [
    { turnId: 't1', role: 'user', text: ' Hello ', occurredAt: STARTED },
    { turnId: 't1', role: 'user', text: 'there.', occurredAt: STARTED + 500 },
    { turnId: 'gone', role: 'assistant', text: 'Bye.', occurredAt: STARTED + 9000 },
    { turnId: null, role: 'user', text: 'Unbound.', occurredAt: STARTED + 12_000 },
  ];
  const { turns } = review([segment({})], { words });
  expect(turns.map(({ speaker, startMs, text, parts }) => [speaker, startMs, text, parts.length])).toEqual([
    ['user', 0, 'Hello there.', 1],
    ['bot', 9000, 'Bye.', 0],
    ['user', 12_000, 'Unbound.', 0],
  ]);
});

test('[REVIEW-3] of two turns that sound, the one that began later is the one that is heard; neighbours are by onset', () => {
  const { turns } = review([
    segment({ speaker: 'bot', durationMs: 3000 }),
    segment({ segmentId: 'b', turnId: 't2', startFrame: 96_000 }),
  ]);
  expect([500, 2500, 3100].map((ms) => turnAt(turns, ms)?.turnId)).toEqual(['t1', 't2', undefined]);
  expect([
    neighbour(turns, 0, 1)?.turnId,
    neighbour(turns, 2100, -1)?.turnId,
    neighbour(turns, 2500, -1)?.turnId,
  ]).toEqual(['t2', 't1', 't2']);
});
