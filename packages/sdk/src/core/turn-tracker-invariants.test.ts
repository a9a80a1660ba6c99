import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type TrackedTurn, type TrackerFact, type TrackerNews, TurnTracker } from './turn-tracker.ts';
import type { Speaker } from './turn.ts';

const MAX_FILE_FRAMES = 700;
const SETTINGS = { clockRate: 1000, preRollMs: 120, postRollMs: 50, botHangoverMs: 80, maxSegmentMs: MAX_FILE_FRAMES };

const frame = fc.integer({ min: 0, max: 4000 });
const speaker = fc.constantFrom<Speaker>('user', 'bot');
const source = fc.constantFrom('client' as const, 'server' as const);
// Few ids, so that facts meet: a turn is reopened, an utterance is begun twice, a cut one is drained.
const turnId = fc.constantFrom('t1', 't2', 't3');
const utteranceId = fc.constantFrom('u1', 'u2', 'u3', 'u4');
const lag = fc.integer({ min: -20, max: 200 });

const anyFact: fc.Arbitrary<TrackerFact> = fc.oneof(
  fc.record({ type: fc.constant('speech-start' as const), speaker, source, turnId, onset: frame, lag }).map(decide),
  fc.record({ type: fc.constant('speech-confirmed' as const), speaker, at: frame }),
  fc
    .record({ type: fc.constant('speech-end' as const), speaker, source, misfire: fc.boolean(), end: frame, lag })
    .map(decide),
  fc.record({ type: fc.constant('manual-start' as const), speaker, at: frame, turnId }),
  fc.record({ type: fc.constant('manual-end' as const), speaker, at: frame }),
  fc.record({ type: fc.constant('utterance-begun' as const), utteranceId, turnId }),
  fc.record({ type: fc.constant('utterance-started' as const), utteranceId, at: frame }),
  fc.record({ type: fc.constant('utterance-drained' as const), utteranceId, at: frame }),
  fc.record({
    type: fc.constant('cut' as const),
    at: frame,
    utteranceIds: fc.uniqueArray(utteranceId),
    cause: fc.constantFrom('client_vad' as const, 'server' as const, 'manual' as const),
  }),
  fc.record({ type: fc.constant('advanced' as const), speaker, to: frame }),
);

function decide<Fact extends { lag: number; onset?: number; end?: number }>(
  fact: Fact,
): Omit<Fact, 'lag'> & { decided: number } {
  const { lag, ...rest } = fact;
  return { ...rest, decided: (fact.onset ?? fact.end ?? 0) + lag };
}

const positionOf = (fact: TrackerFact): number =>
  'at' in fact ? fact.at : 'to' in fact ? fact.to : 'decided' in fact ? fact.decided : 0;

/** Facts in any order, and facts as they come in life: by time, with each speaker's capture told on the way. */
const anyOrder = fc.array(anyFact, { maxLength: 60 });
const byTime = anyOrder.map((facts) =>
  facts
    .toSorted((a, b) => positionOf(a) - positionOf(b))
    .flatMap((fact): TrackerFact[] => [
      fact,
      { type: 'advanced', speaker: 'user', to: positionOf(fact) },
      { type: 'advanced', speaker: 'bot', to: positionOf(fact) },
    ]),
);

interface File {
  turnId: string;
  part: number;
  from: number;
  to: number | undefined;
  isLast: boolean | undefined;
}

interface Told {
  turns: TrackedTurn[];
  files: File[];
  /** Every part that was given out, those without a file included. */
  parts: { turnId: string; part: number }[];
}

/** Replays the news and fails where one contradicts another. Gives what was told, in order, for each speaker. */
function replay(facts: readonly TrackerFact[]): Record<Speaker, Told> {
  const tracker = new TurnTracker(SETTINGS);
  const told: Record<Speaker, Told> = {
    user: { turns: [], files: [], parts: [] },
    bot: { turns: [], files: [], parts: [] },
  };
  const open: Partial<Record<Speaker, string | undefined>> = {};
  let speaking: { turnId: string; onset: number } | undefined;
  const check = (news: TrackerNews): void => {
    switch (news.type) {
      case 'vad-start':
        expect(speaking).toBeUndefined();
        speaking = news;
        break;
      case 'vad-stop':
        expect(news.turnId).toBe(speaking?.turnId);
        expect(news.end).toBeGreaterThanOrEqual(speaking?.onset ?? 0);
        expect(news.decided).toBeGreaterThanOrEqual(news.end);
        speaking = undefined;
        break;
      case 'turn-start':
        expect(open[news.turn.speaker]).toBeUndefined();
        open[news.turn.speaker] = news.turn.turnId;
        break;
      case 'turn-end':
        expect(open[news.turn.speaker]).toBe(news.turn.turnId);
        open[news.turn.speaker] = undefined;
        told[news.turn.speaker].turns.push(news.turn);
        break;
      case 'file-open': {
        const { files } = told[news.speaker];
        expect(files.at(-1)?.to ?? 0, 'the file before is closed').toBeDefined();
        expect(open[news.speaker]).toBe(news.turnId);
        expect(news.onset).toBeGreaterThanOrEqual(news.from);
        const { turnId, part, from } = news;
        files.push({ turnId, part, from, to: undefined, isLast: undefined });
        told[news.speaker].parts.push({ turnId, part });
        break;
      }
      case 'turn-unheard':
        expect(news.turn.speaker).toBe('bot');
        expect(open.bot).not.toBe(news.turn.turnId);
        told.bot.parts.push({ turnId: news.turn.turnId, part: news.part });
        break;
      case 'file-close': {
        const file = told[news.speaker].files.at(-1);
        expect(file).toMatchObject({ turnId: news.turnId, part: news.part, to: undefined });
        Object.assign(file ?? {}, { to: news.to, isLast: news.isLast });
        break;
      }
    }
    for (const value of Object.values(news)) if (typeof value === 'number') expect(Number.isInteger(value)).toBe(true);
  };
  const end: TrackerFact = { type: 'session-end', at: 4000, reason: 'session_stop' };
  for (const fact of [...facts, end]) for (const news of tracker.feed(fact)) check(news);
  expect(speaking, 'every vad-start has its vad-stop').toBeUndefined();
  expect(open.user ?? open.bot, 'every turn-start has its turn-end').toBeUndefined();
  expect(tracker.openTurn('user') ?? tracker.openTurn('bot')).toBeUndefined();
  return told;
}

const pairs = <Item>(items: readonly Item[]): [Item, Item][] =>
  items.slice(1).map((item, at) => [items[at] as Item, item]);

for (const [name, facts] of [
  ['facts in any order', anyOrder],
  ['facts by time', byTime],
] as const) {
  const told = facts.map((each) => ({ facts: each, told: replay(each) }));

  test(`[TURN-18] ${name}: every start is ended once, in order, and no frame is in two turns of one speaker`, () => {
    fc.assert(
      fc.property(told, ({ told }) => {
        for (const { turns } of Object.values(told)) {
          for (const turn of turns) expect(turn.end).toBeGreaterThanOrEqual(turn.start);
          for (const [before, after] of pairs(turns))
            expect(after.start).toBeGreaterThanOrEqual(before.end ?? Infinity);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test(`[TURN-18] ${name}: no frame is in two files of one speaker, and parts leave no hole`, () => {
    fc.assert(
      fc.property(told, ({ told }) => {
        for (const { files } of Object.values(told)) {
          for (const { from, to } of files) {
            expect(to).toBeGreaterThanOrEqual(from);
            expect((to ?? Infinity) - from).toBeLessThanOrEqual(MAX_FILE_FRAMES);
          }
          for (const [before, after] of pairs(files)) {
            expect(after.from).toBeGreaterThanOrEqual(before.to ?? Infinity);
            if (before.isLast) continue;
            expect(after).toMatchObject({ turnId: before.turnId, part: before.part + 1, from: before.to });
          }
          expect(files.at(-1)?.isLast ?? true).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test(`[TURN-18] ${name}: parts of one turn id are numbered without a hole`, () => {
    fc.assert(
      fc.property(told, ({ told }) => {
        for (const { parts } of Object.values(told))
          for (const id of new Set(parts.map(({ turnId }) => turnId))) {
            const numbers = parts.flatMap(({ turnId, part }) => (turnId === id ? [part] : []));
            expect(numbers).toEqual(numbers.map((_, at) => at + 1));
          }
      }),
      { numRuns: 500 },
    );
  });
}

test('[TURN-18] facts by time: a file holds the whole of its turn, and nothing that is not captured', () => {
  fc.assert(
    fc.property(byTime, (facts) => {
      const captured = Math.max(0, ...facts.map(positionOf));
      for (const { turns, files } of Object.values(replay(facts))) {
        for (const file of files) expect(file.to).toBeLessThanOrEqual(Math.max(captured, file.from));
        for (const turn of turns) {
          // The head may lie in the post-roll of the file before: no frame is in two files.
          const holding = files.filter((file) => (file.to ?? 0) > turn.start && file.from < (turn.end ?? 0));
          const held = holding.reduce(
            (sum, file) => sum + Math.min(file.to ?? 0, turn.end ?? 0) - Math.max(file.from, turn.start),
            0,
          );
          expect(held).toBe((turn.end ?? 0) - turn.start);
        }
      }
    }),
    { numRuns: 1000 },
  );
});
