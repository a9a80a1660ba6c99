import type { GapEvent, LevelEvent } from './events.ts';
import type { Epoch } from './timeline.ts';
import type { Speaker } from './turn.ts';

/** What the engine counts of a session. */
export interface EngineStats {
  /** Length of the session's timeline so far, in milliseconds. */
  lengthMs: number;
  /** Frames on each track so far, silence for holes included, at the session's rate. */
  capturedFrames: Readonly<Record<Speaker, number>>;
  /** How far the engine is behind the audio thread, in milliseconds: what waits in its queue. Null before the first block. */
  lagMs: number | null;
  /** Everything that is missing, in the order in which it was found. */
  gaps: readonly GapEvent[];
  epochs: readonly Epoch[];
  /** The newest of each speaker. */
  levels: Readonly<Record<Speaker, LevelEvent | undefined>>;
}

/** What `session.stats()` resolves: the engine's figures and the browser's own, null where it keeps none. */
export interface SessionStats extends EngineStats {
  /** `MediaStreamTrack.stats` of the microphone now in use: what the browser delivered to us, and what it dropped. */
  microphone: { deliveredFrames: number; droppedFrames: number } | null;
  /** `AudioContext.playbackStats`: how often the loudspeaker ran dry, and for how long in all. */
  playback: { underruns: number; underrunMs: number } | null;
}
