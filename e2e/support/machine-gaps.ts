import type { GapEvent } from 'turntape';

/** What a busy machine did not play in time, by the browser's own count: true, and no fault of the record. */
export const withoutUnderruns = (gaps: readonly GapEvent[]): GapEvent[] =>
  gaps.filter(({ cause }) => cause !== 'playback_underrun');
