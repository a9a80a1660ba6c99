import type { DeafenEvent, GapEvent, MuteEvent } from '../events.ts';
import type { Speaker, Turn } from '../turn.ts';

/**
 * What the page remembers of a running session, for an engine that has to go on with it after a crash of the one before.
 * Audio is not among it: what was kept is in the database, what was not taken is in the worklets.
 */
export interface SessionMemory {
  /** Turns that are open, as they were last told. */
  turns: readonly Turn[];
  /** The start of the user's speech that no stop has followed. */
  speaking: { turnId: string } | undefined;
  /** Turns that the app began by hand and has not ended. */
  marked: readonly { speaker: Speaker; turnId: string }[];
  /** Begun and not over, in order; with how much of each was given, and whether that was all. */
  utterances: readonly { utteranceId: string; turnId: string; generatedMs: number; ended: boolean }[];
  /** The stack's own ids of turns. */
  bound: readonly { turnId: string; externalId: string }[];
  gaps: readonly GapEvent[];
  /** The mute that goes on. */
  mute: MuteEvent | undefined;
  /** That the user hears nothing of the bot, as long as it goes on; and how loud it is. */
  deafen: DeafenEvent | undefined;
  volume: number;
}
