import type { Gap, GapEvent } from 'turntape';
import { speakerOf, withoutMachineGaps } from './machine-gaps.ts';
import { LOOP_TICKS, type RulerFault, rulerFaults } from './ruler-session.ts';

/**
 * A machine that stands still leaves a range of silence on every track (`context_suspended`), and the sound goes on after it
 * as if nothing had been. Here a record is read as that of a machine that never stood still.
 */

const isStandstill = ({ cause }: Gap | GapEvent): boolean => cause === 'context_suspended';

/** How long the machine stood still, in milliseconds. */
export function stoodStillMs(gaps: readonly Gap[]): number {
  return gaps.filter(isStandstill).reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
}

/** What the bot has said, without the silence where the machine stood still, or the browser did not ask the player. */
export function withoutStandstills(audio: Int16Array, gaps: readonly Gap[], sampleRate: number): Int16Array {
  const frames = (ms: number): number => Math.round((ms * sampleRate) / 1000);
  const still = gaps.filter((gap) => isStandstill(gap) || gap.cause === 'blocks_lost');
  return audio.filter((_, at) => !still.some(({ startMs, endMs }) => at >= frames(startMs) && at < frames(endMs)));
}

/**
 * What the product wrote down, at the times that it would have on a machine that never stood still: a loss that a standstill
 * parted is one again.
 */
export function gapsWithoutStandstills<Entry extends Gap | GapEvent>(gaps: readonly Entry[], skippedMs = 0): Entry[] {
  const moved = withoutMachineGaps(gaps, skippedMs).map((gap) => {
    const still = gaps.filter((each) => isStandstill(each) && (speakerOf(each) ?? speakerOf(gap)) === speakerOf(gap));
    const at = (ms: number): number =>
      still.reduce((earlier, { startMs, endMs }) => earlier - Math.max(0, Math.min(ms, endMs) - startMs), ms);
    return { ...gap, startMs: at(gap.startMs), endMs: at(gap.endMs) };
  });
  const joined: Entry[] = [];
  for (const gap of moved.toSorted((one, other) => one.startMs - other.startMs)) {
    const before = joined.findLast((each) => speakerOf(each) === speakerOf(gap) && each.cause === gap.cause);
    if (before && gap.startMs - before.endMs < 0.01) before.endMs = Math.max(before.endMs, gap.endMs);
    else joined.push(gap);
  }
  return joined;
}

/** Too short to be read, in milliseconds. */
const UNREADABLE_MS = 100;

/** At a standstill a track stops and starts some quanta from where the others do, and the ticks there are not whole. */
const SEAM_TICKS = 10;

/**
 * Reads a recorded ruler tick by tick, piece by piece between the standstills: within one each tick follows the one before it,
 * and the next begins where it ended.
 */
export function rulerFaultsBetween(
  audio: Int16Array,
  gaps: readonly Gap[],
  sampleRate: number,
): { faults: RulerFault[]; ticks: number } {
  const frame = (ms: number): number => Math.max(0, Math.min(audio.length, Math.round((ms * sampleRate) / 1000)));
  const still = gaps.filter(isStandstill).flatMap(({ startMs, endMs }) => [frame(startMs), frame(endMs)]);
  const edges = [0, ...still, audio.length].toSorted((one, other) => one - other);
  const faults: RulerFault[] = [];
  let ticks = 0;
  let before: number | undefined;
  for (let each = 0; each < edges.length - 1; each += 2) {
    const piece = audio.subarray(edges[each], edges[each + 1]);
    if (piece.length < (UNREADABLE_MS * sampleRate) / 1000) continue;
    const fromMs = ((edges[each] ?? 0) / sampleRate) * 1000;
    const read = rulerFaults(piece);
    ticks += read.ticks;
    faults.push(...read.faults.map((fault) => ({ ...fault, atMs: fault.atMs + fromMs })));
    const { first, last } = read;
    if (before !== undefined && first !== undefined && (first - before + LOOP_TICKS) % LOOP_TICKS > SEAM_TICKS)
      faults.push({ atMs: fromMs, found: first, wanted: before + 1 });
    before = last;
  }
  return { faults, ticks };
}
