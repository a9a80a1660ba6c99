/** Who speaks: the person at the microphone, or the agent whose audio is played. */
export type Speaker = 'user' | 'bot';

/** Why a turn ended. */
export type EndReason =
  | 'speech_end' // the speaker fell silent
  | 'drained' // everything that was given was played
  | 'interrupted' // cut: by voice, by the server, by hand
  | 'manual' // the app ended it
  | 'session_stop'
  | 'page_exit'
  | 'device_lost' // the microphone went while the turn was open, and was not back when it ended
  | 'crash'; // finished from its chunks at the next start

/** What cut a bot turn. */
export type InterruptionCause = 'client_vad' | 'server' | 'manual';

/**
 * One speaker's stretch of speech on the session's timeline. Positions are frames of the capture clock in one epoch;
 * `startMs` and `endMs` are the same places on the session's timeline.
 */
export interface Turn {
  readonly turnId: string;
  readonly speaker: Speaker;
  /** The epoch in which the turn began. */
  readonly epoch: number;
  /** First frame of speech: the onset, not the decision. The file begins earlier, by the pre-roll. */
  readonly startFrame: number;
  readonly startMs: number;
  /** Frame after the last one of speech; undefined while the turn is open. */
  readonly endFrame: number | undefined;
  readonly endMs: number | undefined;
  /** Wall time of the onset, in milliseconds since 1970, derived from the timeline. */
  readonly startedAt: number;
  readonly endReason: EndReason | undefined;
  /** True only for a turn that was cut. An overlap alone is not an interruption. */
  readonly interrupted: boolean;
  readonly interruptionCause: InterruptionCause | undefined;
  /** The other speaker's turn that was open when this one began. */
  readonly overlapsTurnId: string | undefined;
  /** What the bot was given to say in this turn, in order. Empty for the user. */
  readonly utteranceIds: readonly string[];
}
