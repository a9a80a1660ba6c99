import type { GapEvent, LevelEvent } from './events.ts';
import type { IntegrityStats } from './integrity.ts';
import type { TeeStats } from './messages/tee.ts';
import type { Epoch } from './timeline.ts';
import type { Speaker } from './turn.ts';

/** What waits for the engine in the worklet of one track. */
export interface QueueStats {
  /** By the newest block, in milliseconds of audio. 0 in a session that is well. */
  waitingMs: number;
  /** The most so far. */
  mostMs: number;
  /** What was let go so far, because the engine stood still for longer than `boundMs`: a gap `engine_stall`. */
  lostMs: number;
  /** How much may wait. */
  boundMs: number;
}

/** The room on the device. */
export interface StorageStats {
  /** Of this site, as the browser estimated it last; null where it does not. */
  usageBytes: number | null;
  quotaBytes: number | null;
  freeBytes: number | null;
  /** What this session writes, on average, pauses included. */
  bytesPerMinute: number;
  /** How long the room lasts at that rate; null when it is not known. */
  minutesLeft: number | null;
  /** What waits in memory, since the disk had no room. 0 in a session that is well. */
  waitingBytes: number;
  /** What the policy let go of so far, to make room: each told by the recorder's `dropped`. */
  droppedSegments: number;
  droppedBytes: number;
}

/** What it costs the engine to write one speaker's files, all of the session's so far; the session file is not in it. */
export interface EncodingStats {
  /** Of the track and of the file, in Hz. */
  inputRate: number;
  fileRate: number;
  /** The two differ: a part of the time goes to the resampler. */
  isResampled: boolean;
  /** Audio that was written. */
  audioMs: number;
  /** The engine's own time for it: a browser's encoder works beside it, the package's on this time. */
  busyMs: number;
  /** Records written for it: 40 ms of audio each, or what came together while the disk was busy. */
  chunks: number;
}

/** What the engine counts of a session. */
export interface EngineStats {
  /** Length of the session's timeline so far, in milliseconds. */
  lengthMs: number;
  /** Frames on each track so far, silence for holes included, at the session's rate. */
  capturedFrames: Readonly<Record<Speaker, number>>;
  /** How far the engine is behind the audio thread, in milliseconds: what waits in its queue. Null before the first block. */
  lagMs: number | null;
  /** What waits for the engine, for each track. */
  queues: Readonly<Record<Speaker, QueueStats>>;
  /** What it costs to write the files; null of a speaker who is not recorded. */
  encoding: Readonly<Record<Speaker, EncodingStats | null>>;
  /** Everything that is missing, in the order in which it was found. */
  gaps: readonly GapEvent[];
  epochs: readonly Epoch[];
  /** Where the bot spoke and its record is silent. */
  integrity: IntegrityStats;
  storage: StorageStats;
  /** Those who read the user's track now: `session.user.tee()`. */
  tees: readonly TeeStats[];
  /** The newest of each speaker. */
  levels: Readonly<Record<Speaker, LevelEvent | undefined>>;
}

/** What `session.stats()` resolves: the engine's figures and the browser's own, null where it keeps none. */
export interface SessionStats extends EngineStats {
  /** `MediaStreamTrack.stats` of the microphone now in use: what the browser delivered to us, and what it dropped. */
  microphone: { deliveredFrames: number; droppedFrames: number } | null;
  /** `AudioContext.playbackStats`: how often the loudspeaker ran dry, and for how long in all. */
  playback: { underruns: number; underrunMs: number } | null;
  /** Whether the browser promised to keep this site's storage when space runs out; null: it has not answered. */
  persisted: boolean | null;
  /** How the audio thread talks to the engine: through shared memory, or by MessagePorts. */
  audioLink: 'shared' | 'port';
}
