import type { Gap, Mark } from './gap.ts';
import type { EndReason, InterruptionCause, Speaker } from './turn.ts';

/** The container and codec of a segment's file. */
export type SegmentFormat = 'opus' | 'wav' | 'mp3';

/** Where a segment stands: kept (durable here), sent (bytes gone), acknowledged (the backend proved it has it). */
export type DeliveryState = 'recording' | 'kept' | 'sent' | 'acknowledged' | 'rejected';

/** How the audio was captured and encoded; free-form beyond the three named parts. */
export interface CaptureFacts {
  /** `MediaTrackSettings` as the browser reported them, without `deviceId` and `groupId`. Empty for a bot track. */
  settings: Readonly<Record<string, unknown>>;
  vad: Readonly<Record<string, unknown>> | null;
  encoder: Readonly<Record<string, unknown>>;
  /** The file is sealed, and only the backend can open it: how, and the name of the key. Absent: it is not. */
  sealed?: { scheme: string; keyId: string | null };
  /** Of a bot turn that was cut by us: as in the event `interruption`. */
  cutLatencyMs?: number;
  /**
   * How loud the bot was for the user: the volume in force from these places of the file on, the first at its beginning. It is not in
   * the audio. Of the bot; absent of a stream that somebody else plays.
   */
  volume?: readonly { fromMs: number; volume: number }[];
  /**
   * Of a bot turn: how much of the file is louder than −60 dBFS, pauses left out, in milliseconds. Far less than its words take: the
   * bot was heard, and is not in the file. Absent from what a crash left.
   */
  soundingMs?: number;
  /** What became of each utterance of a written bot turn, in the order in which they were begun. */
  utterances?: readonly UtteranceFacts[];
}

/** How much of one utterance there was, was put out, and was heard: at the moment the turn's file was closed. */
export interface UtteranceFacts {
  utteranceId: string;
  renderedMs: number;
  heardMs: number;
  generatedMs: number;
  interrupted: boolean;
}

/**
 * What the bot was given to say and nobody heard: from the frame at which the utterance was cut to the last one that was
 * given. It never sounded, so it has no place on the timeline and belongs to no turn of it.
 */
export interface UnheardTail {
  /** The turn that was cut, or that was never begun. */
  turnId: string;
  utteranceId: string;
  /** Which part of what was generated for the utterance the file holds, in milliseconds from its start. */
  fromMs: number;
  toMs: number;
}

/**
 * The facts of one segment: the playable audio file of one turn, or of one part of a very long turn. The wire, the row
 * in IndexedDB and the row in SQL carry the same facts under the same names in snake_case: see `wire.ts`.
 */
export interface Segment {
  segmentId: string;
  sessionId: string;
  turnId: string;
  /** 1 for the first part of a turn. */
  part: number;
  isLast: boolean;
  speaker: Speaker;
  utteranceIds: readonly string[];
  /** The voice stack's own id of the turn, when the app bound one. */
  externalId: string | null;
  overlapsTurnId: string | null;
  /** The segment that this one takes the place of, after a redaction. */
  replaces: string | null;
  format: SegmentFormat;
  /** Rate of the decoded file, in Hz. Opus always decodes at 48000. */
  sampleRate: number;
  /** Rate of the audio before it was resampled for the encoder, in Hz. */
  inputSampleRate: number;
  numChannels: 1 | 2;
  /** Decoded samples divided by `sampleRate`, in milliseconds. */
  durationMs: number;
  byteSize: number;
  /** Of the file, lower-case hex. */
  sha256: string;
  /** Wall time of the first and of the frame after the last sample of the file, milliseconds since 1970. */
  startedAt: number;
  endedAt: number;
  /** Capture clock: the epoch, its rate in Hz, and the frames the file covers (end exclusive). */
  clockEpoch: number;
  clockRate: number;
  startFrame: number;
  endFrame: number;
  interrupted: boolean;
  interruptionCause: InterruptionCause | null;
  endReason: EndReason;
  /**
   * Bot: what the player put out, what of it had reached the ear (of a deafened user, nothing), and what we were given. Null for
   * the user.
   */
  renderedMs: number | null;
  heardMs: number | null;
  /** Null also for an attached stream: nobody can know what it was given. */
  generatedMs: number | null;
  /** Where speech begins within the file. */
  speechOnsetMs: number;
  /** Bot: end of the user's speech to the first heard frame. Null when no user turn came before, or nothing was heard. */
  responseLatencyMs: number | null;
  gaps: readonly Gap[];
  marks: readonly Mark[];
  inputLatencyMs: number | null;
  outputLatencyMs: number | null;
  capture: CaptureFacts;
  /**
   * Only in a segment that holds no turn but the unheard rest of an utterance (`record.unheardTail`). Its `turnId` is one
   * of its own, so that nobody takes it for the audio of the turn; it lies, without length, where the bot was cut.
   */
  unheardTail?: UnheardTail;
  schema: 1;
}
