import type { GapCause } from 'turntape';

/** The record has all there was: a microphone that gave zeros, and what only the loudspeaker left out. */
const WHOLE: ReadonlySet<GapCause> = new Set(['input_silent', 'playback_underrun']);

/** Whether something of the conversation is missing in such a gap. Otherwise it is shown, and is no loss. */
export function isMissing(cause: GapCause): boolean {
  return !WHOLE.has(cause);
}
