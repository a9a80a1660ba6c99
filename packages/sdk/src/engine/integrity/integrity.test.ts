import { expect, test } from 'vitest';
import { type IntegrityEvent, MAX_INTEGRITY_EVENTS } from '../../core/integrity.ts';
import type { TrackedTurn } from '../../core/turn-tracker.ts';
import type { FrameRange } from '../capture/frame-range.ts';
import { Integrity } from './integrity.ts';

/** A bot of which everything is known. Frames are milliseconds. */
function conversation({ excused = [] }: { excused?: FrameRange[] } = {}) {
  const told: IntegrityEvent[] = [];
  const bound = new Map<string, string>();
  const clock = { rate: 1000, toMs: (frame: number) => frame, toFrames: (milliseconds: number) => milliseconds };
  const externalId = (turnId: string): string | null => bound.get(turnId) ?? null;
  const integrity = new Integrity({ clock, excused: () => excused, externalId, report: (event) => told.push(event) });
  let now = 0;
  let transcripts = 0;
  const turns = new Map<string, TrackedTurn>();
  const news = (type: 'turn-start' | 'turn-end', turn: TrackedTurn): void => {
    turns.set(turn.turnId, turn);
    integrity.take([{ type, turn }]);
  };
  /** The bot's track goes on, at this level. */
  const pass = (ms: number, amplitude = 0): void => {
    for (const end = now + ms; now < end; now += 10) integrity.advanced(now, new Float32Array(10).fill(amplitude));
  };
  const begin = (turnId: string, change: Partial<TrackedTurn> = {}): void =>
    news('turn-start', {
      turnId,
      speaker: 'bot',
      start: now,
      end: undefined,
      endReason: undefined,
      interrupted: false,
      interruptionCause: undefined,
      overlapsTurnId: undefined,
      utteranceIds: [],
      ...change,
    });
  return {
    integrity,
    told,
    pass,
    silence: (ms: number) => pass(ms),
    sound: (ms: number) => pass(ms, 0.1),
    begin,
    end: (turnId: string, change: Partial<TrackedTurn> = {}) =>
      news('turn-end', { ...turns.get(turnId)!, end: now, endReason: 'speech_end', ...change }),
    /** Words that take so long at least. */
    say: (leastMs: number, of: { turnId?: string; externalId?: string; transcriptId?: string; revision?: number }) =>
      integrity.said({
        transcriptId: of.transcriptId ?? `transcript-${(transcripts += 1)}`,
        revision: of.revision ?? 1,
        turnId: of.turnId ?? null,
        externalId: of.externalId ?? null,
        leastMs,
      }),
    bind: (turnId: string, externalId: string): void => {
      bound.set(turnId, externalId);
      integrity.bound(turnId);
    },
    /** Name, range and cause of what was told. */
    events: () =>
      told.map(({ turnId, externalId, fromMs, toMs, cause }) => [turnId ?? externalId, fromMs, toMs, cause]),
  };
}

const loud = (ms: number): Float32Array => new Float32Array(ms).fill(0.1);

const SILENT_WORDS = 'words_without_sound';

test('[INTEG-3] a turn with words whose record is silent is told, whether the words come before, in or after it', () => {
  const before = conversation();
  before.say(1500, { turnId: 'a' });
  before.silence(500);
  before.begin('a', { utteranceIds: ['u'] });
  before.silence(2000);
  before.end('a');
  before.silence(2900);
  expect(before.events()).toEqual([]);
  before.silence(200);
  expect(before.events()).toEqual([['a', 500, 2500, SILENT_WORDS]]);
  expect(before.told[0]).toMatchObject({ speaker: 'bot', externalId: null });

  const after = conversation();
  after.begin('a', { utteranceIds: ['u'] });
  after.silence(2000);
  after.end('a');
  after.silence(60_000);
  expect(after.events()).toEqual([]);
  after.say(1500, { turnId: 'a' });
  after.silence(10);
  expect(after.events()).toEqual([['a', 0, 2000, SILENT_WORDS]]);
});

test('[INTEG-3] it is told once, whatever comes after it; and what is said of a turn that sounds is no news', () => {
  const { say, begin, end, silence, sound, events, integrity } = conversation();
  begin('a', { utteranceIds: ['u'] });
  silence(1000);
  end('a');
  say(800, { turnId: 'a' });
  silence(4000);
  say(800, { turnId: 'a' });
  silence(4000);
  begin('b', { utteranceIds: ['v'] });
  sound(900);
  silence(1500);
  sound(900);
  end('b');
  say(1600, { turnId: 'b' });
  silence(4000);
  integrity.finish();
  expect(events()).toEqual([['a', 0, 1000, SILENT_WORDS]]);
});

test('[INTEG-3] a turn without words of the bot is not judged by them: no text, a text without a word, a cut one', () => {
  const { say, begin, end, silence, events, integrity } = conversation();
  begin('a', { utteranceIds: ['u'] });
  silence(1500);
  end('a');
  begin('b', { utteranceIds: ['v'] });
  silence(1500);
  end('b');
  say(0, { turnId: 'b' });
  // A service puts silence before the first word, and the user cut in there.
  say(9000, { turnId: 'c' });
  begin('c', { utteranceIds: ['w'] });
  silence(900);
  end('c', { endReason: 'interrupted', interrupted: true });
  silence(9000);
  integrity.finish();
  expect(events()).toEqual([]);
});

test('[INTEG-4] a turn that falls silent half-way is told with the silent range, when its words need more than was heard', () => {
  const { say, begin, end, silence, sound, events } = conversation();
  begin('a', { utteranceIds: ['u'] });
  sound(5000);
  silence(15_000);
  end('a');
  say(12_000, { turnId: 'a' });
  silence(3100);
  expect(events()).toEqual([['a', 5000, 20_000, SILENT_WORDS]]);
});

test('[INTEG-4] a bot that thinks, or is cut, misses nothing: its words fit in what sounds, or were not all to be said', () => {
  const { say, begin, end, silence, sound, events, integrity } = conversation();
  // Something is looked up for eight seconds.
  begin('a', { utteranceIds: ['u'] });
  sound(4000);
  silence(8000);
  sound(4000);
  end('a');
  say(7000, { turnId: 'a' });
  silence(4000);
  // Slow, with pauses between the sentences: faster than its words could be, but for them.
  begin('slow', { utteranceIds: ['slow'] });
  for (let each = 0; each < 3; each += 1) {
    sound(1000);
    silence(2500);
  }
  end('slow');
  say(9000, { turnId: 'slow' });
  silence(4000);
  begin('b', { utteranceIds: ['v'] });
  sound(4000);
  silence(4000);
  end('b', { endReason: 'interrupted', interrupted: true });
  say(30_000, { turnId: 'b' });
  silence(4000);
  begin('c', { utteranceIds: ['w'] });
  sound(4000);
  silence(4000);
  end('c', { endReason: 'session_stop' });
  say(30_000, { turnId: 'c' });
  silence(4000);
  integrity.finish();
  expect(events()).toEqual([]);
});

test('[INTEG-4] a turn that goes on after its end is judged as one', () => {
  const { say, begin, end, silence, sound, events, integrity } = conversation();
  say(1500, { turnId: 'a' });
  // The lead-in of the first sentence alone; the next one comes when the first turn has ended.
  begin('a', { utteranceIds: ['u'] });
  silence(300);
  end('a');
  silence(2000);
  begin('a', { utteranceIds: ['v'] });
  sound(2000);
  end('a');
  silence(4000);
  integrity.finish();
  expect(events()).toEqual([]);
});

test('[INTEG-4] a turn that is silent from the start is told while it is open', () => {
  const { say, begin, end, silence, events } = conversation();
  say(30_000, { turnId: 'a' });
  begin('a', { utteranceIds: ['u'] });
  silence(9990);
  expect(events()).toEqual([]);
  silence(20);
  expect(events()).toEqual([['a', 0, 10_000, SILENT_WORDS]]);
  silence(20_000);
  end('a');
  silence(4000);
  expect(events()).toHaveLength(1);
});

test('[INTEG-5] what was given and put out with sound, and is silent in the record, is told without any words', () => {
  const { integrity, begin, end, silence, sound, events } = conversation();
  const speak = (turnId: string, put: { given: number; putOut: number }, play: () => void): void => {
    integrity.given(turnId, loud(put.given));
    begin(turnId, { utteranceIds: [turnId] });
    play();
    integrity.putOut(turnId, put.putOut);
    end(turnId, { endReason: 'drained' });
    silence(3100);
  };
  speak('whole', { given: 4000, putOut: 4000 }, () => sound(4000));
  speak('silent', { given: 4000, putOut: 4000 }, () => silence(4000));
  speak('half', { given: 10_000, putOut: 10_000 }, () => {
    sound(4000);
    silence(6000);
  });
  // It ran dry for five seconds: what was given was put out all the same.
  speak('dry', { given: 4000, putOut: 4000 }, () => {
    sound(2000);
    silence(5000);
    sound(2000);
  });
  // It was given a minute, and cut after half a second.
  speak('cut', { given: 60_000, putOut: 500 }, () => sound(500));
  // And one after it had run dry for four seconds.
  speak('cut dry', { given: 60_000, putOut: 1000 }, () => {
    sound(1000);
    silence(4000);
  });
  // Silence was given, and silence is in the record.
  integrity.given('quiet', new Float32Array(4000));
  speak('quiet', { given: 0, putOut: 4000 }, () => silence(4000));
  expect(events()).toEqual([
    ['silent', 7100, 11_100, 'given_without_sound'],
    ['half', 18_200, 24_200, 'given_without_sound'],
  ]);
});

test('[INTEG-6] a stream that the app marks as speaking and that is silent throughout is told; a key that was touched is not', () => {
  const { integrity, begin, end, silence, sound, events } = conversation();
  integrity.attached(true);
  const mark = (turnId: string, play: () => void): void => {
    integrity.marked(turnId);
    begin(turnId);
    play();
    end(turnId, { endReason: 'manual' });
    silence(3100);
  };
  mark('silent', () => silence(15_000));
  mark('touched', () => silence(500));
  // The mark comes with the request, the voice four seconds later.
  mark('late', () => {
    silence(4000);
    sound(1000);
    silence(6000);
  });
  expect(events()).toEqual([['silent', 0, 15_000, 'marks_without_sound']]);
});

test('[INTEG-7] a stream that falls silent under its own turn is told when its words need more than was heard', () => {
  const { integrity, say, begin, end, silence, sound, events } = conversation();
  integrity.attached(true);
  begin('a');
  say(10_000, { turnId: 'a' });
  sound(4000);
  silence(600);
  end('a', { end: 4000 });
  // Slow speech would have sounded until twenty seconds.
  silence(18_300);
  expect(events()).toEqual([]);
  silence(200);
  expect(events()).toEqual([['a', 4000, 20_000, SILENT_WORDS]]);
});

test('[INTEG-7] one that pauses and goes on, or that the user answers, misses nothing', () => {
  const pausing = conversation();
  pausing.integrity.attached(true);
  pausing.say(10_000, { turnId: 'a' });
  // One reply of three turns, since it pauses; the app has the id of the first.
  for (const turnId of ['a', 'b', 'c']) {
    pausing.begin(turnId);
    pausing.sound(4000);
    pausing.end(turnId);
    pausing.silence(2000);
  }
  pausing.silence(20_000);
  const answered = conversation();
  answered.integrity.attached(true);
  answered.say(10_000, { turnId: 'a' });
  answered.begin('a');
  answered.sound(2000);
  answered.end('a');
  answered.begin('user', { speaker: 'user' });
  answered.silence(30_000);
  expect([pausing.events(), answered.events()]).toEqual([[], []]);
});

test('[INTEG-7] words of an attached stream that is too silent for any turn are told with the id that they name', () => {
  const { integrity, say, silence, sound, begin, end, events } = conversation();
  integrity.attached(true);
  begin('a');
  sound(2000);
  end('a');
  silence(28_000);
  say(2000, { externalId: 'reply-2' });
  say(1000, { externalId: 'reply-2' });
  silence(9990);
  expect(events()).toEqual([]);
  silence(20);
  expect(events()).toEqual([['reply-2', 20_000, 40_000, SILENT_WORDS]]);
  // Once for each reply.
  say(2000, { externalId: 'reply-2' });
  silence(11_000);
  expect(events()).toHaveLength(1);
});

test('[INTEG-7] words without a turn are nobody’s when nothing is attached, when the stream sounds, or when they find their turn', () => {
  const writing = conversation();
  writing.say(2000, { turnId: 'text-only' });
  writing.silence(30_000);
  writing.integrity.finish();
  const sounding = conversation();
  sounding.integrity.attached(true);
  sounding.say(2000, { externalId: 'x' });
  sounding.silence(8000);
  sounding.sound(500);
  sounding.silence(30_000);
  const bound = conversation();
  bound.integrity.attached(true);
  bound.say(2000, { externalId: 'x' });
  bound.begin('a');
  bound.sound(2500);
  bound.end('a');
  bound.bind('a', 'x');
  bound.silence(30_000);
  const gone = conversation();
  gone.integrity.attached(true);
  gone.say(2000, { externalId: 'x' });
  gone.silence(3000);
  gone.integrity.attached(false);
  gone.silence(30_000);
  expect([writing.events(), sounding.events(), bound.events(), gone.events()]).toEqual([[], [], [], []]);
});

test('[INTEG-8] the voice stack’s id joins words and turn, in either order; the event has both', () => {
  const { say, begin, end, bind, silence, told } = conversation();
  begin('a', { utteranceIds: ['u'] });
  silence(1500);
  end('a');
  say(1500, { externalId: 'x' });
  silence(4000);
  expect(told).toEqual([]);
  bind('a', 'x');
  silence(10);
  expect(told).toMatchObject([{ turnId: 'a', externalId: 'x', fromMs: 0, toMs: 1500 }]);
});

test('[INTEG-8] a correction takes the place of what it corrects', () => {
  const { say, begin, end, silence, sound, events } = conversation();
  begin('a', { utteranceIds: ['u'] });
  sound(3000);
  silence(6000);
  end('a');
  say(2000, { turnId: 'a', transcriptId: 't', revision: 1 });
  say(3000, { turnId: 'a', transcriptId: 't', revision: 3 });
  say(9000, { turnId: 'a', transcriptId: 't', revision: 2 });
  silence(4000);
  expect(events()).toEqual([]);
  say(9000, { turnId: 'a', transcriptId: 't', revision: 4 });
  silence(10);
  expect(events()).toEqual([['a', 3000, 9000, SILENT_WORDS]]);
});

test('[INTEG-9] a range that is silent on purpose, or known to be missing, is excused', () => {
  const { say, begin, end, silence, sound, events, integrity } = conversation({ excused: [{ from: 2000, to: 9000 }] });
  say(9000, { turnId: 'a' });
  begin('a', { utteranceIds: ['u'] });
  sound(2000);
  silence(7000);
  end('a');
  silence(3100);
  // A part is excused; what is silent beside it could be what the bot paused.
  const partly = conversation({ excused: [{ from: 2000, to: 7000 }] });
  partly.say(8000, { turnId: 'a' });
  partly.begin('a', { utteranceIds: ['u'] });
  partly.sound(2000);
  partly.silence(9000);
  partly.end('a');
  partly.silence(3100);
  const whole = conversation({ excused: [{ from: 0, to: Infinity }] });
  whole.integrity.attached(true);
  whole.say(2000, { turnId: 'a' });
  whole.integrity.marked('a');
  whole.begin('a');
  whole.silence(2000);
  whole.end('a');
  whole.say(2000, { externalId: 'x' });
  whole.silence(30_000);
  whole.integrity.finish();
  integrity.finish();
  expect([events(), partly.events(), whole.events()]).toEqual([[], [], []]);
});

test('[INTEG-10] the session’s end tells what has not been judged, and the figures have the newest', () => {
  const { say, begin, end, silence, sound, events, integrity } = conversation();
  expect(integrity.stats).toEqual({ events: [], goesOn: false });
  for (let each = 0; each <= MAX_INTEGRITY_EVENTS; each += 1) {
    say(500, { turnId: `turn-${each}` });
    begin(`turn-${each}`, { utteranceIds: [`u-${each}`] });
    silence(500);
    end(`turn-${each}`);
  }
  integrity.finish();
  expect(events()).toHaveLength(MAX_INTEGRITY_EVENTS + 1);
  expect(integrity.stats.events).toHaveLength(MAX_INTEGRITY_EVENTS);
  expect(integrity.stats.events[0]).toMatchObject({ turnId: 'turn-1' });
  expect(integrity.stats.goesOn).toBe(true);
  sound(100);
  expect(integrity.stats.goesOn).toBe(false);
});
