import type { Gap, GapEvent } from 'turntape';

/**
 * What the machine did, and no fault of the record: what it did not play in time, by the browser's own count, and where it
 * had no time for the audio thread for more than 200 ms. That such entries are never invented, LOSS-7 shows with a witness.
 */
const OF_THE_MACHINE: ReadonlySet<Gap['cause']> = new Set(['playback_underrun', 'context_suspended']);

export const withoutMachineGaps = <Entry extends Gap | GapEvent>(gaps: readonly Entry[]): Entry[] =>
  gaps.filter(({ cause }) => !OF_THE_MACHINE.has(cause));
