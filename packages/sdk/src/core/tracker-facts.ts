import type { EndReason, InterruptionCause, Speaker } from './turn.ts';

/** How the tracker measures: the settings of a session's turns, and the rate of its frames. */
export interface TrackerSettings {
  /** Session frames per second. */
  clockRate: number;
  /** See `TurnSettings` in `settings.ts`, also for the defaults. */
  preRollMs: number;
  postRollMs: number;
  botHangoverMs: number;
  maxSegmentMs: number;
}

/** Whose detector speaks: the one on this device, or the voice backend's. */
export type SpeechSource = 'client' | 'server';

/** What the tracker is told. All positions are session frames. */
export type TrackerFact =
  /** A detector found speech. `source` `server`: the voice backend says so; whoever comes first wins. */
  | {
      type: 'speech-start';
      speaker: Speaker;
      source: SpeechSource;
      onset: number;
      decided: number;
      turnId: string;
      /** See `ClientVadStartEvent`. */
      echoLikelihood?: number;
    }
  /** What began is long enough to be speech. A `server` start is confirmed by itself. */
  | { type: 'speech-confirmed'; speaker: Speaker; at: number }
  | {
      type: 'speech-end';
      speaker: Speaker;
      source: SpeechSource;
      end: number;
      decided: number;
      misfire: boolean;
      /** The silence that was found may be the device's and not the speaker's. Default `speech_end`. */
      reason?: Extract<EndReason, 'speech_end' | 'device_lost'>;
    }
  /** Push-to-talk, and the marks of an attached stream with `boundaries: 'manual'`. */
  | { type: 'manual-start'; speaker: Speaker; at: number; turnId: string }
  | { type: 'manual-end'; speaker: Speaker; at: number }
  /** The bot was given something to say; several utterances with one `turnId` are one turn. */
  | { type: 'utterance-begun'; utteranceId: string; turnId: string }
  /** Its first frame was put out. */
  | { type: 'utterance-started'; utteranceId: string; at: number }
  /** It was ended and its last frame is out; `at` is the frame after it. */
  | { type: 'utterance-drained'; utteranceId: string; at: number }
  /** The bot was cut: every utterance that was queued, the playing one first. */
  | { type: 'cut'; at: number; utteranceIds: readonly string[]; cause: InterruptionCause }
  /** The audio of this speaker's track has been captured up to this frame. */
  | { type: 'advanced'; speaker: Speaker; to: number }
  | { type: 'session-end'; at: number; reason: EndReason };

/** A turn as the tracker knows it: in session frames. */
export interface TrackedTurn {
  readonly turnId: string;
  readonly speaker: Speaker;
  readonly start: number;
  readonly end: number | undefined;
  readonly endReason: EndReason | undefined;
  readonly interrupted: boolean;
  readonly interruptionCause: InterruptionCause | undefined;
  readonly overlapsTurnId: string | undefined;
  readonly utteranceIds: readonly string[];
}

/** What the tracker decided. */
export type TrackerNews =
  /** The user only. One `vad-stop` follows each `vad-start`. `source` is who said it first. */
  | {
      type: 'vad-start';
      turnId: string;
      onset: number;
      decided: number;
      source: SpeechSource;
      echoLikelihood?: number;
      /** Held back as a probable echo. Not the tracker's: a label, which concerns no turn. */
      doubtful?: boolean;
    }
  | { type: 'vad-stop'; turnId: string; end: number; decided: number; misfire: boolean; doubtful?: boolean }
  | { type: 'turn-start'; turn: TrackedTurn }
  | { type: 'turn-end'; turn: TrackedTurn }
  /** The bot was to say this and never began to: it was cut while it waited, or the session ended. No file, no start. */
  | { type: 'turn-unheard'; turn: TrackedTurn; part: number }
  /** Write this speaker's track from frame `from` on (it may lie in the past: the pre-roll). */
  | { type: 'file-open'; turnId: string; speaker: Speaker; part: number; from: number; onset: number }
  /** The file ends before frame `to` (it may lie in the past: what was written beyond is trimmed). */
  | { type: 'file-close'; turnId: string; speaker: Speaker; part: number; to: number; isLast: boolean };
