import { expect, test } from 'vitest';
import type { LoudspeakerMessage } from '../core/messages/loudspeaker.ts';
import { DECLICK_MS } from '../core/messages/player-engine.ts';
import { Loudspeaker } from './loudspeaker.ts';

const QUANTUM = 128;
/** At 48 kHz. */
const FADE = (DECLICK_MS * 48_000) / 1000;
const RAMP = 960;

/** Quanta of ones, as they are taped and as they are put out. */
function sounding(state = { deafened: false, volume: 1 }, sampleRate = 48_000) {
  const loudspeaker = new Loudspeaker({ ...state, quantumFrames: QUANTUM, sampleRate });
  const tape: number[] = [];
  const out: number[] = [];
  const told: LoudspeakerMessage[] = [];
  const unheard: number[] = [];
  return {
    loudspeaker,
    tape,
    out,
    told,
    unheard,
    play: (quanta: number) => {
      for (let each = 0; each < quanta; each += 1) {
        const frame = tape.length;
        told.push(...loudspeaker.begin(frame));
        const samples = new Float32Array(QUANTUM).fill(1);
        unheard.push(QUANTUM - loudspeaker.silentFrom);
        loudspeaker.gate([samples]);
        tape.push(...samples);
        loudspeaker.sound([samples]);
        out.push(...samples);
        told.push(...loudspeaker.end(frame));
      }
    },
  };
}

/** Ranges of frames in which a tape is exactly silent. */
function silences(tape: readonly number[]): [number, number][] {
  const ranges: [number, number][] = [];
  for (const [at, sample] of tape.entries()) {
    if (sample !== 0) continue;
    const last = ranges.at(-1);
    if (last?.[1] === at) last[1] += 1;
    else ranges.push([at, at + 1]);
  }
  return ranges;
}

test('[DEAF-1] silent from the frame it names to the frame it names, what is taped as what is put out, with a fade at both ends', () => {
  for (const sampleRate of [48_000, 8000, 192_000]) {
    const fade = Math.floor((sampleRate * DECLICK_MS) / 1000);
    const { loudspeaker, tape, out, told, unheard, play } = sounding(undefined, sampleRate);
    play(2);
    loudspeaker.deafen(7, true);
    play(5);
    loudspeaker.deafen(8, false);
    play(4);
    const [from, to] = [2 * QUANTUM + fade, 7 * QUANTUM];
    expect(told).toEqual([
      { type: 'deafened', deafenId: 7, frame: from },
      { type: 'deafened', deafenId: 8, frame: to },
    ]);
    expect(silences(tape)).toEqual([[from, to]]);
    expect(out).toEqual(tape);
    expect(unheard.reduce((sum, frames) => sum + frames, 0)).toBe(to - from);
    // No step is larger than the steepest of the fade, and outside of it nothing has changed.
    const steps = tape.slice(1).map((sample, at) => Math.abs(sample - (tape[at] as number)));
    expect(Math.max(...steps)).toBeLessThan(1.6 / fade);
    expect(tape.filter((sample) => sample === 1)).toHaveLength(2 * QUANTUM + 4 * QUANTUM - fade + 1);
  }
});

test('[DEAF-1] asked for what is so already it answers, and a fade that is called back leaves nothing silent', () => {
  const { loudspeaker, tape, told, play } = sounding();
  play(1);
  loudspeaker.deafen(1, false);
  play(1);
  loudspeaker.deafen(2, true);
  loudspeaker.deafen(3, true);
  loudspeaker.deafen(4, false);
  play(1);
  expect(told).toEqual([
    { type: 'deafened', deafenId: 1, frame: QUANTUM },
    { type: 'deafened', deafenId: 3, frame: 2 * QUANTUM + FADE },
    { type: 'deafened', deafenId: 2, frame: 2 * QUANTUM },
    { type: 'deafened', deafenId: 4, frame: 2 * QUANTUM },
  ]);
  expect(silences(tape)).toEqual([]);
});

test('[DEAF-4] [VOL-1] one that is made in the middle of a session begins as deaf and as loud as the one before', () => {
  const { loudspeaker, tape, out, told, play } = sounding({ deafened: true, volume: 0.25 });
  play(2);
  loudspeaker.deafen(1, false);
  play(1);
  expect(silences(tape)).toEqual([[0, 2 * QUANTUM]]);
  expect(told).toEqual([{ type: 'deafened', deafenId: 1, frame: 2 * QUANTUM }]);
  expect([tape.at(-1), out.at(-1)]).toEqual([1, 0.25]);
});

test('[VOL-1] the volume is in what is put out and never in what is taped; it moves in 20 ms, without a step', () => {
  const { loudspeaker, tape, out, told, play } = sounding();
  play(1);
  loudspeaker.setVolume(0.9);
  loudspeaker.setVolume(0.2);
  play(10);
  loudspeaker.setVolume(0);
  play(10);
  expect(told).toEqual([
    { type: 'volume', volume: 0.2, frame: QUANTUM },
    { type: 'volume', volume: 0, frame: 11 * QUANTUM },
  ]);
  expect(new Set(tape)).toEqual(new Set([1]));
  expect(out.slice(0, QUANTUM)).toEqual(tape.slice(0, QUANTUM));
  expect(new Set(out.slice(QUANTUM + RAMP - 1, 11 * QUANTUM))).toEqual(new Set([Math.fround(0.2)]));
  expect(silences(out)).toEqual([[11 * QUANTUM + RAMP - 1, 21 * QUANTUM]]);
  const steps = out.slice(1).map((sample, at) => Math.abs(sample - (out[at] as number)));
  expect(Math.max(...steps)).toBeLessThan(1.6 / RAMP);
});
