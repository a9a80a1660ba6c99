import type { Gap, GapEvent } from 'turntape';

/**
 * What the machine did, and no fault of the record: what it did not play in time, by the browser's own count, and where it
 * had no time for the audio thread for more than 200 ms. That such entries are never invented, LOSS-7 shows with a witness.
 */
const OF_THE_MACHINE: ReadonlySet<Gap['cause']> = new Set(['playback_underrun', 'context_suspended']);

/**
 * The gaps that the machine does not explain. `skippedMs`: what a witness in the same contexts was not asked for either
 * (`wall-witness.ts`). On a busy machine Chromium renders some quanta without asking any processor: up to that much may be
 * missing of each track as `blocks_lost`.
 */
export function withoutMachineGaps<Entry extends Gap | GapEvent>(gaps: readonly Entry[], skippedMs = 0): Entry[] {
  const left = gaps.filter(({ cause }) => !OF_THE_MACHINE.has(cause));
  const lostMs = new Map<string | undefined, number>();
  for (const gap of left.filter(({ cause }) => cause === 'blocks_lost'))
    lostMs.set(speakerOf(gap), (lostMs.get(speakerOf(gap)) ?? 0) + gap.endMs - gap.startMs);
  return left.filter((gap) => gap.cause !== 'blocks_lost' || (lostMs.get(speakerOf(gap)) ?? 0) > skippedMs + 0.01);
}

/** Whose it is; of a segment's own gaps nobody needs to say. */
export function speakerOf(gap: Gap | GapEvent): string | undefined {
  return 'speaker' in gap ? gap.speaker : undefined;
}
