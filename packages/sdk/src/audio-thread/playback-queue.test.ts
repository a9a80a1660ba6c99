import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PlayerEvent } from '../core/messages/player-engine.ts';
import { PlaybackQueue } from './playback-queue.ts';

const QUANTUM = 16;
const FADE = 10;

/** A queue with its output and events so far. */
class Listener {
  readonly queue = new PlaybackQueue({ quantumFrames: QUANTUM, fadeFrames: FADE });
  readonly heard: number[] = [];
  readonly events: PlayerEvent[] = [];

  get frame(): number {
    return this.heard.length;
  }

  hear(quanta = 1): this {
    for (let each = 0; each < quanta; each += 1) {
      const out = new Float32Array(QUANTUM).fill(99);
      this.queue.render(out, this.frame, this.events);
      this.heard.push(...out);
    }
    return this;
  }

  /** Gives an utterance its PCM at once and ends it. */
  say(utteranceId: string, samples: readonly number[]): this {
    this.queue.begin(utteranceId);
    this.queue.pcm(utteranceId, Float32Array.from(samples));
    this.queue.end(utteranceId);
    return this;
  }
}

/** The curve of a gain. */
const smooth = (part: number): number => part * part * (3 - 2 * part);
const ones = (frames: number): number[] => Array.from({ length: frames }, () => 1);

test('[PLAY-2] utterances follow one another on the frame, each with its start and its end', () => {
  const { heard, events } = new Listener().say('a', [1, 2, 3]).say('b', [4, 5]).hear();
  expect(heard).toEqual([1, 2, 3, 4, 5, ...ones(11).fill(0)]);
  expect(events).toEqual([
    { kind: 'started', frame: 0, utteranceId: 'a' },
    { kind: 'drained', frame: 3, utteranceId: 'a', renderedFrames: 3 },
    { kind: 'started', frame: 3, utteranceId: 'b' },
    { kind: 'drained', frame: 5, utteranceId: 'b', renderedFrames: 2 },
  ]);
});

test('[PLAY-2] an utterance that has not ended keeps its place', () => {
  const listener = new Listener();
  listener.queue.begin('first');
  listener.say('second', [2]).hear();
  expect(listener.events).toEqual([]);
  listener.queue.end('first');
  listener.hear();
  expect(listener.events).toEqual([
    { kind: 'drained', frame: QUANTUM, utteranceId: 'first', renderedFrames: 0 },
    { kind: 'started', frame: QUANTUM, utteranceId: 'second' },
    { kind: 'drained', frame: QUANTUM + 1, utteranceId: 'second', renderedFrames: 1 },
  ]);
});

test('[PLAY-2] utterances that end empty drain on the frame on which their turn comes', () => {
  const { events } = new Listener().say('a', []).say('b', []).say('c', [1]).hear();
  expect(events.map((event) => [event.kind, event.frame])).toEqual([
    ['drained', 0],
    ['drained', 0],
    ['started', 0],
    ['drained', 1],
  ]);
});

test('[PLAY-3] a dry spell is told once, at its first frame; what it put out counts, the silence does not', () => {
  const listener = new Listener();
  listener.queue.begin('a');
  listener.queue.pcm('a', Float32Array.from([1, 2]));
  listener.hear(3);
  listener.queue.pcm('a', Float32Array.from([3]));
  listener.hear(2);
  listener.queue.end('a');
  listener.hear();
  expect(listener.events).toEqual([
    { kind: 'started', frame: 0, utteranceId: 'a' },
    { kind: 'underrun', frame: 2, utteranceId: 'a' },
    { kind: 'underrun', frame: 3 * QUANTUM + 1, utteranceId: 'a' },
    // It ended where its last frame was put out, not where that became known.
    { kind: 'drained', frame: 3 * QUANTUM + 1, utteranceId: 'a', renderedFrames: 3 },
  ]);
});

test('[PLAY-3] PCM that ends with a quantum is no underrun before the next frame is missing', () => {
  const listener = new Listener();
  listener.queue.begin('a');
  listener.queue.pcm('a', Float32Array.from(ones(QUANTUM)));
  listener.hear();
  expect(listener.events).toHaveLength(1);
  listener.queue.end('a');
  listener.hear();
  expect(listener.events[1]).toEqual({ kind: 'drained', frame: QUANTUM, utteranceId: 'a', renderedFrames: QUANTUM });
});

test('[PLAY-4] a cut fades what sounds and takes all that is queued; frames of the fade count as put out', () => {
  const listener = new Listener().say('a', ones(100)).say('b', ones(100)).hear();
  listener.queue.cut(7);
  listener.hear();
  const fade = Array.from({ length: FADE }, (_, at) => smooth((FADE - at) / (FADE + 1)));
  expect(listener.heard).toEqual([...ones(QUANTUM), ...fade.map(Math.fround), ...ones(QUANTUM - FADE).fill(0)]);
  expect(listener.events.at(-1)).toEqual({
    kind: 'cut',
    frame: QUANTUM + FADE,
    cutId: 7,
    utterances: [
      { utteranceId: 'a', renderedFrames: QUANTUM + FADE },
      { utteranceId: 'b', renderedFrames: 0 },
    ],
  });
});

test('[PLAY-4] what comes for a cut utterance is ignored; what begins during the fade plays after it, at full level', () => {
  const listener = new Listener().say('a', ones(100)).hear();
  listener.queue.cut(1);
  listener.say('next', [0.5, 0.5]);
  listener.queue.pcm('a', Float32Array.from(ones(50)));
  listener.hear();
  expect(listener.heard.slice(QUANTUM + FADE, QUANTUM + FADE + 3)).toEqual([0.5, 0.5, 0]);
  expect(listener.events.slice(-3).map((event) => [event.kind, event.frame])).toEqual([
    ['cut', QUANTUM + FADE],
    ['started', QUANTUM + FADE],
    ['drained', QUANTUM + FADE + 2],
  ]);
});

test('[PLAY-4] a cut is answered when nothing plays, and when it is the second one', () => {
  const listener = new Listener().hear();
  listener.queue.cut(1);
  listener.hear().say('a', ones(100)).hear();
  listener.queue.cut(2);
  listener.say('b', [1]);
  listener.queue.cut(3);
  listener.hear();
  const cuts = listener.events.filter((event) => event.kind === 'cut');
  expect(cuts).toEqual([
    { kind: 'cut', frame: QUANTUM, cutId: 1, utterances: [] },
    {
      kind: 'cut',
      frame: 3 * QUANTUM + FADE,
      cutId: 2,
      utterances: [{ utteranceId: 'a', renderedFrames: QUANTUM + FADE }],
    },
    { kind: 'cut', frame: 3 * QUANTUM + FADE, cutId: 3, utterances: [{ utteranceId: 'b', renderedFrames: 0 }] },
  ]);
});

test('[PLAY-4] a cut of a dry utterance ends where it fell silent', () => {
  const listener = new Listener();
  listener.queue.begin('a');
  listener.queue.pcm('a', Float32Array.from([1, 2, 3]));
  listener.hear(3);
  listener.queue.cut(1);
  listener.hear();
  expect(listener.events.at(-1)).toEqual({
    kind: 'cut',
    frame: 3,
    cutId: 1,
    utterances: [{ utteranceId: 'a', renderedFrames: 3 }],
  });
});

test('[PLAY-4] an utterance that runs out during the fade has drained, and is not among the cut ones', () => {
  const listener = new Listener()
    .say('a', ones(QUANTUM + 4))
    .say('b', [1])
    .hear();
  listener.queue.cut(1);
  listener.hear();
  expect(listener.events.slice(1)).toEqual([
    { kind: 'drained', frame: QUANTUM + 4, utteranceId: 'a', renderedFrames: QUANTUM + 4 },
    { kind: 'cut', frame: QUANTUM + 4, cutId: 1, utterances: [{ utteranceId: 'b', renderedFrames: 0 }] },
  ]);
});

test('[PLAY-5] a duck is a ramp that ends on its frame, also across silence; a cut afterwards opens the gain again', () => {
  const listener = new Listener();
  listener.queue.gain(0.25, QUANTUM);
  listener
    .hear()
    .say('a', ones(QUANTUM + 50))
    .hear();
  expect(listener.heard.slice(QUANTUM)).toEqual(ones(QUANTUM).fill(0.25));
  listener.queue.cut(1);
  listener.hear().say('b', [1, 1]).hear();
  expect(listener.heard[2 * QUANTUM]).toBeCloseTo(0.25 * smooth(FADE / (FADE + 1)), 6);
  expect(listener.heard.slice(3 * QUANTUM, 3 * QUANTUM + 2)).toEqual([1, 1]);
});

test('[PLAY-5] a gain asked for during a fade holds after it', () => {
  const listener = new Listener().say('a', ones(100)).hear();
  listener.queue.cut(1);
  listener.queue.gain(0.5, QUANTUM);
  listener.say('b', [1]).hear();
  expect(listener.heard[QUANTUM + FADE - 1]).toBeCloseTo(smooth(1 / (FADE + 1)), 6);
  expect(listener.heard[QUANTUM + FADE]).toBe(0.5);
});

const ids = ['a', 'b', 'c'] as const;
const anyStep = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant('begin' as const), id: fc.constantFrom(...ids) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('pcm' as const), id: fc.constantFrom(...ids), frames: fc.nat(60) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('end' as const), id: fc.constantFrom(...ids) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('hear' as const) }) },
);

test('[PLAY-6] every frame given is put out once and in order, or belongs to an utterance that was cut', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 80 }), (steps) => {
      const listener = new Listener();
      const { queue, events, heard } = listener;
      // Each begin of an id is an utterance of its own; `given` is what it may play.
      const live = new Map<string, { utteranceId: string; given: number[]; ended: boolean }>();
      const all = new Map<string, { given: number[]; ended: boolean }>();
      const fades: { from: number; cutId: number }[] = [];
      let sample = 0;
      let cuts = 0;
      const play = (): void => {
        listener.hear();
        for (const event of events) if (event.kind === 'drained') forget(event.utteranceId);
      };
      const forget = (utteranceId: string): void => {
        for (const [id, utterance] of live) if (utterance.utteranceId === utteranceId) live.delete(id);
      };
      for (const step of steps) {
        const utterance = step.do === 'cut' || step.do === 'hear' ? undefined : live.get(step.id);
        if (step.do === 'hear') play();
        if (step.do === 'cut') {
          cuts += 1;
          if (!fades.some(({ cutId }) => !events.some((event) => event.kind === 'cut' && event.cutId === cutId)))
            fades.push({ from: listener.frame, cutId: cuts });
          queue.cut(cuts);
          live.clear();
        }
        if (step.do === 'begin' && !utterance) {
          const begun = { utteranceId: `${step.id}${all.size}`, given: [], ended: false };
          live.set(step.id, begun);
          all.set(begun.utteranceId, begun);
          queue.begin(begun.utteranceId);
        }
        if (step.do === 'pcm') {
          const samples = Float32Array.from({ length: step.frames }, () => (sample += 1));
          if (utterance && !utterance.ended) utterance.given.push(...samples);
          queue.pcm(utterance?.utteranceId ?? 'unknown', samples);
        }
        if (step.do === 'end' && utterance) {
          utterance.ended = true;
          queue.end(utterance.utteranceId);
        }
      }
      for (const { utteranceId } of live.values()) queue.end(utteranceId);
      for (let left = sample + 2 * QUANTUM + FADE; left > 0; left -= QUANTUM) listener.hear();

      // Walk the output: who plays is known from the starts, how loud from the cuts.
      const starts = events.filter((event) => event.kind === 'started');
      const put = new Map([...all.keys()].map((id) => [id, 0]));
      let playing: string | undefined;
      for (let frame = 0; frame < heard.length; frame += 1) {
        playing = starts.findLast((event) => event.frame <= frame)?.utteranceId;
        if (heard[frame] === 0) continue;
        const at = put.get(playing ?? '') ?? 0;
        put.set(playing ?? '', at + 1);
        const fade = fades.find(({ from, cutId }) => {
          const cut = events.find((event) => event.kind === 'cut' && event.cutId === cutId);
          return from <= frame && frame < (cut?.frame ?? Infinity);
        });
        const gain = fade ? smooth(1 - (frame - fade.from + 1) / (FADE + 1)) : 1;
        const expected = (all.get(playing ?? '')?.given[at] ?? Number.NaN) * gain;
        expect(Math.abs((heard[frame] as number) - expected)).toBeLessThanOrEqual(expected * 1e-5);
      }
      // What the events say was put out is what was heard, and each utterance ends exactly once.
      const ends = events.flatMap((event) =>
        event.kind === 'drained' ? [event] : event.kind === 'cut' ? event.utterances : [],
      );
      expect(ends.map((each) => each.utteranceId).sort()).toEqual([...all.keys()].sort());
      for (const { utteranceId, renderedFrames } of ends) expect(put.get(utteranceId)).toBe(renderedFrames);
      for (const event of events)
        if (event.kind === 'drained') expect(event.renderedFrames).toBe(all.get(event.utteranceId)?.given.length);
      expect(events.flatMap((event) => (event.kind === 'cut' ? [event.cutId] : []))).toEqual(
        Array.from({ length: cuts }, (_, at) => at + 1),
      );
    }),
    { numRuns: 1000 },
  );
});
