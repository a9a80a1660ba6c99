/** Why a range of the timeline is missing. */
export type GapCause =
  | 'context_suspended'
  | 'context_rebuilt'
  | 'microphone_changed'
  | 'microphone_lost'
  | 'blocks_lost'
  | 'engine_restarted'
  | 'crash'
  | 'clock_jump';

/** A range of the timeline known to be missing, in milliseconds from the start of what carries it. */
export interface Gap {
  startMs: number;
  endMs: number;
  cause: GapCause;
}

/** A range that is silent on purpose. Never a gap. */
export interface Mark {
  startMs: number;
  endMs: number;
  kind: 'mute' | 'redaction';
}
