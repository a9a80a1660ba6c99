import { expect } from '@playwright/test';
import type { StoredSegment } from 'turntape';
import { decodeRuler, encodeRuler } from '../fixtures/ruler.mjs';
import type { CutRulers, Round } from './cut-rulers.ts';
import { stoodStillMs, withoutStandstills } from './standstills.ts';

const QUANTUM = 128;
const FADE_MS = 1;

/** Milliseconds that were reckoned in another order. */
const ROUNDED_MS = 0.01;

/** How many rounds have cut something; every round is checked. */
export function checkRounds(result: CutRulers): number {
  return result.rounds.filter((round) => checkRound(round, result)).length;
}

/** One round: whole items, at most one cut item, unheard items, in this order. True: one was cut. */
function checkRound(
  { items, interruption }: Round,
  { sampleRate, namedLatenciesMs, script: { itemTicks, items: wanted } }: CutRulers,
): boolean {
  expect(items).toHaveLength(wanted);
  const frames = (ms: number): number => Math.round((ms * sampleRate) / 1000);
  const itemFrames = frames(itemTicks * 10);
  const states = items.map(({ done }) => {
    if (!done.interrupted) return 'heard';
    return done.renderedMs > 0 ? 'cut' : 'unheard';
  });
  expect(states.join(' ')).toMatch(/^(heard ?)*(cut ?)?(unheard ?)*$/);
  const lastSounding = states.findLastIndex((state) => state !== 'unheard');
  for (const [index, { utteranceId, done, segments, audio: text }] of items.entries()) {
    const bytes = Buffer.from(text, 'base64');
    expect(segments).toHaveLength(1);
    const [segment] = segments;
    if (!segment) continue;
    const kept = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
    const audio = withoutStandstills(kept, segment.gaps, sampleRate);
    // Of the capture clock, which went on where only the player was not asked.
    const stoodStill = frames(stoodStillMs(segment.gaps));
    expect(segment.utteranceIds).toEqual([utteranceId]);
    expect(segment.interrupted).toBe(states[index] !== 'heard');
    expect(segment.renderedMs).toBe(done.renderedMs);
    expect(segment.generatedMs).toBeGreaterThanOrEqual(itemTicks * 10);
    if (states[index] === 'unheard') {
      expect(segment).toMatchObject({ renderedMs: 0, heardMs: 0, durationMs: 0, byteSize: 0, sha256: '' });
      expect(segment).toMatchObject({ endReason: 'interrupted', interruptionCause: 'server' });
      expect(audio).toHaveLength(0);
      continue;
    }
    // The file holds exactly the frames that were put out, and they are the ruler's own, bit for bit, up to the fade.
    expect(audio.length).toBe(frames(done.renderedMs));
    const ruler = encodeRuler({ from: index * itemTicks, count: itemTicks, sampleRate });
    // The item that ran out during the fade was said to its end: it drained, and its end is quieter.
    const faded = index === lastSounding ? Math.floor((FADE_MS / 1000) * sampleRate) : 0;
    const whole = audio.length - faded;
    expect(strangers(audio, ruler, whole)).toEqual([]);
    expect(decodeRuler(audio.slice(0, Math.max(0, whole)), { sampleRate }).map((tick) => tick.number)).toEqual(
      Array.from({ length: Math.floor(Math.max(0, whole) / frames(10)) }, (_, tick) => index * itemTicks + tick),
    );
    if (states[index] === 'heard') {
      expect(audio.length).toBe(itemFrames);
      expect([done.heardMs, segment.heardMs]).toEqual([done.renderedMs, done.renderedMs]);
      continue;
    }
    checkHeard({ segment, told: [done.heardMs, interruption?.heardMs], namedLatenciesMs });
    expect(interruption).toMatchObject({
      utteranceId,
      turnId: segment.turnId,
      cutFrame: segment.endFrame - stoodStill,
    });
    // It ends where the sound ended: the fade runs to the last frame.
    expect(audio.length - audio.findLastIndex((sample) => sample !== 0)).toBeLessThanOrEqual(QUANTUM);
  }
  return states.includes('cut');
}

/**
 * What had reached the ear by the cut: what was put out, less the output latency that the browser names. The segment holds
 * the latency that it was reckoned with; at the cut it may have been another one of them. One that must not be asked names none.
 */
function checkHeard({
  segment: { renderedMs, heardMs, outputLatencyMs },
  told,
  namedLatenciesMs,
}: {
  segment: StoredSegment;
  told: (number | undefined)[];
  namedLatenciesMs: readonly number[];
}): void {
  const heardAt = (latencyMs: number): number => Math.max(0, (renderedMs ?? NaN) - latencyMs);
  const named = namedLatenciesMs.length > 0 ? namedLatenciesMs : [null];
  expect(named).toContain(outputLatencyMs);
  expect(Math.abs((heardMs ?? NaN) - heardAt(outputLatencyMs ?? 0))).toBeLessThan(ROUNDED_MS);
  for (const each of told)
    expect(Math.min(...named.map((latencyMs) => Math.abs((each ?? NaN) - heardAt(latencyMs ?? 0))))).toBeLessThan(
      ROUNDED_MS,
    );
}

/** Samples that are not the ruler's own: up to `whole` to the last bit but one, beyond it no louder. */
function strangers(audio: Int16Array, ruler: Int16Array, whole: number): string[] {
  const found: string[] = [];
  for (const [at, sample] of audio.entries()) {
    const own = ruler[at] ?? 0;
    const fits = at < whole ? Math.abs(sample - own) <= 1 : Math.abs(sample) <= Math.abs(own) + 1;
    if (!fits) found.push(`sample ${at} of ${whole} + ${audio.length - whole}: ${sample}, not ${own}`);
  }
  return found.slice(0, 5);
}
