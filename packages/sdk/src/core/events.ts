import type { TurntapeError } from './errors.ts';
import type { GapCause } from './gap.ts';
import type { IntegrityEvent } from './integrity.ts';
import type { RedactionResult } from './redaction.ts';
import type { Segment } from './segment.ts';
import type { Transcript } from './session.ts';
import type { InterruptionCause, Speaker, Turn } from './turn.ts';
import type { ClientVadMessage } from './wire.ts';

/** The voice detector decided that the user began to speak. Exactly one {@link ClientVadStopEvent} follows. */
export interface ClientVadStartEvent {
  /** Exactly what goes on the wire: `{"type":"client_vad_start","timestamp":<unix seconds of the onset>}`. */
  message: ClientVadMessage;
  /** The turn this becomes, unless it turns out to be a misfire. */
  turnId: string;
  epoch: number;
  /** First frame of the 32 ms in which speech was found. */
  onsetFrame: number;
  /** The frame after these: nothing later was needed to decide. */
  decisionFrame: number;
  /**
   * The frame after the newest one that the engine had been given when it decided: what it did about it, it could do from
   * here on. Between the two frames lie the rest of a block and the detector's resampling.
   */
  knownFrame: number;
  /**
   * Which part of what the microphone heard the bot's own playback explains, 0 … 1. Undefined for a start that the voice
   * backend found.
   */
  echoLikelihood: number | undefined;
  /**
   * True when that is above `vad.echoThreshold`: probably the bot's echo. It neither ducks nor cuts nor becomes a turn. When
   * the user is heard after all, its stop comes and another start.
   */
  doubtful: boolean;
}

/** The user fell silent, or what began was too short to be speech (`misfire`). */
export interface ClientVadStopEvent {
  message: ClientVadMessage;
  turnId: string;
  epoch: number;
  /** Frame after the last one of speech. */
  endFrame: number;
  decisionFrame: number;
  /** True when it was shorter than `minSpeechMs`: no turn, no segment, its audio discarded and counted. */
  misfire: boolean;
  /** The stop of a doubtful start. Always a misfire. */
  doubtful: boolean;
}

/** The user took the floor: a bot turn was cut. */
export interface InterruptionEvent {
  turnId: string;
  /** The utterance that was playing. */
  utteranceId: string | undefined;
  cause: InterruptionCause;
  epoch: number;
  /** Frame after the last one that was put out, the declick fade included. */
  cutFrame: number;
  renderedMs: number;
  heardMs: number;
  /** Null for an attached stream. */
  generatedMs: number | null;
  /**
   * From the decision to the last frame put out, the declick fade included, in milliseconds of the capture clock. By the
   * user's voice the decision is the end of the audio that it needed (`decisionFrame` of the start, or of the
   * confirmation); by hand it is the call. Null for an attached stream that somebody else plays: we do not hear its end.
   */
  cutLatencyMs: number | null;
}

/** How loud a speaker's track was over the last `levels.everyMs`, as it is recorded: at whatever volume the user hears the bot. */
export interface LevelEvent {
  speaker: Speaker;
  /**
   * Root mean square, and the largest sample, in dBFS: 0 is a sample at full scale, digital silence is -Infinity. A sine at full scale
   * has a peak of 0 and an RMS of −3.01.
   */
  rmsDb: number;
  peakDb: number;
  /** Session time at the end of what was measured. */
  atMs: number;
}

/** A range of the timeline that could not be captured, in session milliseconds. */
export interface GapEvent {
  startMs: number;
  endMs: number;
  cause: GapCause;
  /** Undefined when both tracks miss it. */
  speaker: Speaker | undefined;
}

/** The user's microphone was muted, or heard again. */
export interface MuteEvent {
  muted: boolean;
  /** First frame for which it holds, by the tap that made it so. */
  epoch: number;
  frame: number;
  /** The same in session time. */
  atMs: number;
}

/** The user hears nothing of the bot, or hears it again. */
export interface DeafenEvent {
  deafened: boolean;
  /** First frame for which it holds, by the worklet that made it so: behind the fade to silence, before that back. */
  epoch: number;
  frame: number;
  /** The same in session time. */
  atMs: number;
}

/** The bot is louder or softer for the user. In no recording. */
export interface VolumeEvent {
  /** 0 … 1. */
  volume: number;
  /** First frame of the ramp of 20 ms that leads there. */
  epoch: number;
  frame: number;
  /** The same in session time. */
  atMs: number;
}

/** The microphone changed, or what comes out of it did. */
export interface MicrophoneEvent {
  /**
   * `live`: sound flows. `silent`: digital silence for 2.5 seconds and more, for no known reason. `muted`: by the system.
   * `lost`: the device is gone; when it was ours, the default one is being opened.
   */
  state: 'live' | 'silent' | 'muted' | 'lost';
  /** Of the device, as the browser names it. */
  label: string;
}

/**
 * Less room is left than `storage.lowSpaceBytes`: told once, and again each time what is left has halved. And when a write was
 * refused, with `freeBytes` 0: the only word of Chromium, which always claims that 10 GiB are left.
 */
export interface LowSpaceEvent {
  /** Of this site, as the browser estimates it; after a refusal both are what was used. */
  usageBytes: number;
  quotaBytes: number;
  freeBytes: number;
  /** What the running session writes, on average. 0: nothing yet, or no session runs. */
  bytesPerMinute: number;
  /** How long the room lasts at that rate. Null when nothing is written. */
  minutesLeft: number | null;
}

/** Something was let go of by a limit, before its time: `retention.maxAgeHours`, `retention.maxBytes`, a full disk. */
export interface DroppedEvent {
  sessionId: string;
  /** A segment with its audio, or, of a session that goes whole, a transcript or facts that were never sent. */
  kind: 'segment' | 'transcript' | 'session';
  /** Of the segment, the transcript or the session. */
  id: string;
  /** Of the file. */
  byteSize: number;
  /** True: the backend has it, and nothing is lost. */
  acknowledged: boolean;
  reason: 'age' | 'bytes' | 'full';
}

/** The microphone that a session has now. */
export interface SessionMicrophone extends MicrophoneEvent {
  /** As `devices.list()` names it. Undefined for a stream of yours and where the app writes the user's audio. */
  deviceId: string | undefined;
}

/**
 * The state of a session as its owner sees it. `suspended`: nothing is captured until `session.resume()`, which needs a
 * gesture in some browsers. `interrupted`: the system took the sound and will give it back. `rebuilding`: the audio
 * clock had died and another context is being opened. `not-sampled`: instead of `recording`, in a session that
 * `sampleRatio` left out.
 */
export type SessionRunState =
  | 'starting'
  | 'recording'
  | 'not-sampled'
  | 'suspended'
  | 'interrupted'
  | 'rebuilding'
  | 'stopping'
  | 'ended';

/** What a session that has ended has kept. */
export interface SessionKept {
  /** On this device, in the order of the timeline; those that wait and those that are acknowledged. None: nobody spoke. */
  segments: readonly Segment[];
}

/** What a session tells, by event name. */
export interface SessionEvents {
  client_vad_start: ClientVadStartEvent;
  client_vad_stop: ClientVadStopEvent;
  'turn-start': { turn: Turn };
  'turn-end': { turn: Turn };
  interruption: InterruptionEvent;
  /** Durable on this device. */
  'segment-kept': { segment: Segment };
  /** Its bytes have gone; the backend has not answered yet. */
  'segment-sent': { segmentId: string };
  /** The backend proved that it has it. */
  'segment-acknowledged': { segmentId: string; audioUrl: string | undefined };
  /** The backend refused it for good. It stays here. */
  'segment-rejected': { segmentId: string; error: TurntapeError };
  /** A turn that made no segment, and why. */
  'segment-discarded': { turnId: string; speaker: Speaker; reason: 'empty' | 'not_recorded' };
  /** Words were attached to a turn, or corrected, and are kept on this device. */
  transcript: { transcript: Transcript };
  microphone: MicrophoneEvent;
  level: LevelEvent;
  gap: GapEvent;
  /** The bot spoke, and its record is silent: people heard what is not in the file. */
  integrity: IntegrityEvent;
  mute: MuteEvent;
  deafen: DeafenEvent;
  volume: VolumeEvent;
  redaction: RedactionResult;
  'low-space': LowSpaceEvent;
  /** Nobody has spoken for `sessionIdleMs`: the session ends now. */
  idle: { idleMs: number };
  /** The session has ended, and this is all of it: always, once, behind its last segment, also when there is none. */
  'session-kept': SessionKept;
  /** The session ends, and there is no sound of a speaker who was to be recorded. Told just before `state` says `ended`. */
  'track-empty': { speaker: Speaker };
  state: { state: SessionRunState };
  error: { error: TurntapeError };
}

/** What became of an utterance. */
export interface UtteranceResult {
  /** Put out by the player. */
  renderedMs: number;
  /** The same less what was still on its way to the ear when it was cut, and what a deafened user did not hear. */
  heardMs: number;
  /** Given to us up to now. */
  generatedMs: number;
  interrupted: boolean;
}
