import { expect, test } from 'vitest';
import type { EngineFact } from '../core/messages/page-engine.ts';
import type { Turn } from '../core/turn.ts';
import { sampleSegment } from '../upload-contract/samples.ts';
import { HeardTurns } from './heard-turns.ts';

const turn = (facts: Partial<Turn> = {}): Turn => ({
  turnId: 't',
  speaker: 'bot',
  epoch: 0,
  startFrame: 48_000,
  startMs: 1000,
  endFrame: undefined,
  endMs: undefined,
  startedAt: 0,
  endReason: undefined,
  interrupted: false,
  interruptionCause: undefined,
  overlapsTurnId: undefined,
  utteranceIds: ['u'],
  ...facts,
});
const sessionId = 's';
const begins = (facts?: Partial<Turn>): EngineFact => ({ type: 'turn-start', sessionId, event: { turn: turn(facts) } });
const ends = (facts: Partial<Turn> = {}): EngineFact => {
  const event = { turn: turn({ endMs: 3000, endReason: 'drained', ...facts }) };
  return { type: 'turn-end', sessionId, event };
};
const done = (utteranceId: string, renderedMs: number, generatedMs = renderedMs, heardMs = renderedMs): EngineFact => {
  const result = { renderedMs, heardMs, generatedMs, interrupted: generatedMs > renderedMs };
  return { type: 'utterance-done', sessionId, utteranceId, result };
};
const interruption = (heardMs: number): EngineFact => ({
  type: 'interruption',
  sessionId,
  event: {
    turnId: 't',
    utteranceId: 'u',
    cause: 'client_vad',
    epoch: 0,
    cutFrame: 0,
    renderedMs: heardMs + 50,
    heardMs,
    generatedMs: 9000,
    cutLatencyMs: 5,
  },
});
const ofT = { turnId: 't', externalId: null };

function told(...facts: EngineFact[]): { heard: HeardTurns; news: boolean[] } {
  const heard = new HeardTurns();
  return { heard, news: facts.map((fact) => heard.take(fact)) };
}

test('[WORD-4] a turn that was cut is known at its end, by the figure of its interruption', () => {
  // The end of the first was on its way to the ear when the second was cut.
  const cut = ends({ interrupted: true, utteranceIds: ['u', 'v'] });
  const { heard, news } = told(begins(), done('u', 1000), done('v', 80, 9000, 0), interruption(900), cut);
  expect(news).toEqual([false, false, false, false, true]);
  expect(heard.of(ofT)).toMatchObject({ heardMs: 900, cut: true });
});

test('[WORD-4] a turn that was said to its end was heard to its end', () => {
  const { heard } = told(begins(), done('u', 1500), done('v', 500), ends({ utteranceIds: ['u', 'v'] }));
  expect(heard.of(ofT)).toMatchObject({ heardMs: 2000, cut: false });
});

test('[WORD-4] one that the end of the session hung up on was cut', () => {
  const { heard } = told(begins(), done('u', 1500, 4000, 1450), ends({ endReason: 'session_stop' }));
  expect(heard.of(ofT)).toMatchObject({ heardMs: 1450, cut: true });
});

test('[WORD-4] of an attached stream what arrived is what was heard', () => {
  const { heard } = told(begins({ utteranceIds: [] }), ends({ utteranceIds: [] }));
  expect(heard.of(ofT)).toEqual({ heardMs: 2000, cut: false, utterances: [] });
});

test('[WORD-4] one that never began is known by its segment, or by being discarded when nothing is recorded', () => {
  const unheard = { speaker: 'bot', turn_id: 't', rendered_ms: 0, heard_ms: 0, interrupted: true } as const;
  const kept: EngineFact = { type: 'segment-kept', sessionId, segment: sampleSegment('s', unheard) };
  expect(told(done('u', 0, 900), kept).heard.of(ofT)).toMatchObject({ heardMs: 0, cut: true });
  const event = { turnId: 't', speaker: 'bot', reason: 'not_recorded' } as const;
  const discarded: EngineFact = { type: 'segment-discarded', sessionId, event };
  expect(told(discarded).heard.of(ofT)).toMatchObject({ heardMs: 0, cut: true });
  // One that sounds has an end of its own.
  const { heard } = told(begins(), discarded);
  expect(heard.of(ofT)).toBeUndefined();
  expect([done('u', 700), ends()].map((fact) => heard.take(fact))).toEqual([false, true]);
});

test('[WORD-4] where an engine that died took a figure with it, the segment has it; what is known stays', () => {
  const { heard, news } = told(begins(), ends());
  expect([news, heard.of(ofT)]).toEqual([[false, false], undefined]);
  const facts = { speaker: 'bot', turn_id: 't', external_id: 'item_7', rendered_ms: 640, heard_ms: 600 } as const;
  const kept = (over: object): EngineFact => {
    return { type: 'segment-kept', sessionId, segment: sampleSegment('s', { ...facts, ...over }) };
  };
  expect(heard.take(kept({ interrupted: true }))).toBe(true);
  expect(heard.of({ turnId: null, externalId: 'item_7' })).toMatchObject({ heardMs: 600, cut: true });
  expect(heard.take(kept({ heard_ms: 1 }))).toBe(false);
  expect(heard.of(ofT)).toMatchObject({ heardMs: 600 });
});

test('[WORD-4] the user’s turns are heard by nobody', () => {
  const { heard, news } = told(begins({ speaker: 'user' }), ends({ speaker: 'user' }));
  expect([news, heard.of(ofT)]).toEqual([[false, false], undefined]);
});
