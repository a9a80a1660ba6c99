import type { ErrorFacts } from '../errors.ts';
import type { DeafenEvent, DroppedEvent, MuteEvent, SessionEvents, UtteranceResult } from '../events.ts';
import type { SaidWords } from '../integrity.ts';
import type { PcmEncoding, PcmSamples } from '../pcm.ts';
import type { RedactionRange, RedactionResult } from '../redaction.ts';
import type { EngineStats } from '../stats.ts';
import type { SessionMemory } from './session-memory.ts';
import type { CaptureNote } from './capture-note.ts';
import type { GapCause } from '../gap.ts';
import type { SegmentWire } from '../wire.ts';
import type { SessionFileFacts, SessionFileFormat, SessionLayout } from '../session-file.ts';
import type { SharedLink } from './shared-port.ts';
import type { TeeSettings } from './tee.ts';
import type { SessionSettings, VadModel } from '../settings.ts';
import type { Speaker } from '../turn.ts';

/**
 * Page ⇄ engine. Calls (rare, awaited) go by Comlink through `page/engine-call.ts`; facts and the bot's PCM go over
 * typed ports.
 */

/** The codecs in WebAssembly, loaded when one is needed: absolute addresses. */
export interface CodecAssets {
  /** libopus' encoder, for browsers without one. */
  opusEncoder: string;
  /** libopus' decoder, the same. */
  opusDecoder: string;
  /** LAME: its module, and its WebAssembly. */
  mp3Encoder: string;
  lame: string;
  /** mpg123. */
  mp3Decoder: string;
}

/** Absolute addresses: inside a worker nothing is resolved. */
export interface EngineAssets {
  codecs: CodecAssets;
  /** What seals files for a backend, loaded when a session is sealed. */
  sealer: string;
  /** The module with the Silero models' code, loaded when a model is asked for. */
  vadModule: string;
  ortWasm: string;
  models: Readonly<Record<Exclude<VadModel, 'energy'>, string>>;
}

/** What is captured, at a moment of the session: again after a device or a context changed. */
export interface CaptureSetup {
  clockId: number;
  clockRate: number;
  /** `MediaTrackSettings` without `deviceId` and `groupId`. */
  settings: Readonly<Record<string, unknown>>;
  inputLatencyMs: number | null;
  outputLatencyMs: number | null;
}

/** What a call comes to: an error crosses the boundary as facts, since a cloned Error loses its code. */
export type Answer<Value> = { value: Value } | { error: ErrorFacts };

/** The calls as they cross the boundary. */
export type AnsweredCalls = {
  [Name in keyof EngineCalls]: (
    ...args: Parameters<EngineCalls[Name]>
  ) => Promise<Answer<Awaited<ReturnType<EngineCalls[Name]>>>>;
};

export interface EngineCalls {
  /**
   * Opens the database, finishes what crashed, and starts to load the detector. Once. `lifeLock`: a Web Lock that the engine
   * holds as long as it lives.
   */
  start(assets: EngineAssets, model: VadModel | null, lifeLock?: string): Promise<{ recovered: readonly string[] }>;
  /** Settles when the model has run once, or failed: the detector then in charge. */
  vadReady(): Promise<VadModel | null>;
  openSession(settings: SessionSettings, capture: CaptureSetup): Promise<void>;
  /**
   * Goes on with a session whose engine crashed, from what is kept and what the page remembers. What sounds in it is
   * connected afterwards. A session that had ended stays so.
   */
  resumeSession(settings: SessionSettings, capture: CaptureSetup, memory: SessionMemory): Promise<void>;
  /** The capture changed: a new microphone, a rebuilt context, another output latency. */
  updateCapture(sessionId: string, capture: CaptureSetup): Promise<void>;
  /** What the page knows of the context and the microphone, for the losses' causes. */
  note(sessionId: string, note: CaptureNote): Promise<void>;
  stats(sessionId: string): Promise<EngineStats>;
  /** The answer to `room-asked`: what the browser says of this site's storage, if it says anything. */
  room(answer: { usage?: number | undefined; quota?: number | undefined } | undefined): Promise<void>;
  /** What is encoded goes into the database now: the page may be about to go. A session that is not running is left alone. */
  keepNow(sessionId: string): Promise<void>;
  /** The page was away and is back. False: another tab has finished the session meanwhile, and it is given up here. */
  goesOn(sessionId: string): Promise<boolean>;
  /** The attached stream is gone: what it said is a finished turn. */
  detachBot(sessionId: string): Promise<void>;
  /** Cuts the bot by hand or by word of the server. Undefined: nothing was playing. */
  /** `askedMs`: wall time of the call on the page. */
  interrupt(sessionId: string, cause: 'manual' | 'server', askedMs: number): Promise<CutResult | undefined>;
  /** Mutes the user's track, or ends its mute. Settles with the frame from which it holds. */
  mute(sessionId: string, muted: boolean): Promise<MuteEvent>;
  /** Lets the user hear nothing of the bot, or hear it again. Settles with the frame from which it holds. */
  deafen(sessionId: string, deafened: boolean): Promise<DeafenEvent>;
  /** Silences a range everywhere on this device, of a running session or of one that is over. */
  redact(sessionId: string, range: RedactionRange): Promise<RedactionResult>;
  /** Begins to make a file of what is kept of a session, of a running one as far as it has come. */
  openFile(request: FileRequest): Promise<{ fileId: string; facts: SessionFileFacts }>;
  /** Begins to make a zip of all files of a session; the facts are those of the session file. */
  openBundle(request: FileRequest): Promise<{ fileId: string; facts: SessionFileFacts }>;
  /** The next piece of it; null: it is complete. */
  readFile(fileId: string): Promise<ArrayBuffer | null>;
  /** Lets go of it, complete or not. */
  closeFile(fileId: string): Promise<void>;
  /** Makes the outline of a kept segment's file from the file, keeps it, and gives it packed; null: there is no file here. */
  makePeaks(segmentId: string): Promise<ArrayBuffer | null>;
  /** Ends the session: every captured frame is kept when this settles. Idempotent. */
  stopSession(sessionId: string, reason: 'session_stop' | 'page_exit'): Promise<void>;
}

/** What a file of a session is to be. */
export interface FileRequest {
  sessionId: string;
  layout: SessionLayout;
  /** This one alone, and no layout. */
  speaker?: Speaker | undefined;
  format: SessionFileFormat;
  /** WAV and MP3 only, in Hz. Default: what was kept; of MP3 the nearest below that it has. */
  sampleRate?: number | undefined;
  /** Opus and MP3 only, bit/s for each channel; what was kept as Opus is passed through as it is. */
  bitrate: number;
  /** In session milliseconds. Default: all of it. */
  fromMs?: number | undefined;
  toMs?: number | undefined;
}

/** What was cut, as `session.bot.interrupt()` resolves it. */
export interface CutResult extends Omit<UtteranceResult, 'interrupted' | 'generatedMs'> {
  turnId: string;
  utteranceId: string | undefined;
  /** Null for an attached stream. */
  generatedMs: number | null;
  /** As in {@link InterruptionEvent}. */
  cutLatencyMs: number | null;
}

/** Page → engine, with its ports transferred: one channel end each. */
export type EngineMessage =
  | { type: 'calls'; port: unknown }
  | { type: 'facts'; port: unknown }
  | {
      type: 'tap';
      sessionId: string;
      speaker: Speaker;
      clockId: number;
      clockRate: number;
      boundaries: TapBoundaries;
      /** The tap also plays what it taps, and can silence it. */
      plays: boolean;
      /** Why it takes over from another of the same speaker, when it does. */
      cause?: GapCause | undefined;
      port: unknown;
      shared?: SharedLink | undefined;
    }
  | {
      type: 'player';
      sessionId: string;
      clockId: number;
      clockRate: number;
      cause?: GapCause | undefined;
      port: unknown;
      shared?: SharedLink | undefined;
    }
  | { type: 'bot'; sessionId: string; port: unknown }
  /** A reader of the user's track. */
  | { type: 'user-tee'; sessionId: string; settings: TeeSettings; port: unknown }
  /** The app's own way out for the messages of the user's speech: a MessagePort or an RTCDataChannel. */
  | { type: 'vad-channel'; port: unknown };

/** How a tapped track is cut into turns. `none`: its speaker's detector and marks do it (the microphone). */
export type TapBoundaries = 'none' | 'activity' | 'manual';

export const engineMessageTransferables = (message: EngineMessage): readonly unknown[] => [message.port];

/** Page, or any thread that holds `session.bot.port` → engine: what the bot is given to say. */
export type BotMessage =
  | { type: 'begin'; utteranceId: string; turnId: string }
  /** Without an id: the implicit utterance, begun by its first PCM. Samples are transferred. */
  | { type: 'pcm'; utteranceId?: string; samples: PcmSamples; sampleRate: number; encoding?: PcmEncoding }
  /** One Opus packet of an utterance; `preSkip` counts with the first. Transferred. */
  | { type: 'opus'; utteranceId: string; packet: Uint8Array; preSkip: number }
  /** The same of the user, where no microphone is ours. */
  | { type: 'user-opus'; packet: Uint8Array; preSkip: number }
  /** The user's own audio, where no microphone is ours. Samples are transferred. */
  | { type: 'user-pcm'; samples: PcmSamples; sampleRate: number; encoding?: PcmEncoding }
  | { type: 'end'; utteranceId?: string }
  /** How loud all of it is for the user, 0 … 1. */
  | { type: 'volume'; volume: number }
  /** Marks of an attached stream with `boundaries: 'manual'`, and of push-to-talk. */
  | {
      type: 'turn-start';
      speaker: Speaker;
      turnId: string;
      /** When the key went down (and up), milliseconds since 1970. Default: when this arrives. */
      wallMs?: number;
    }
  | { type: 'turn-end'; speaker: Speaker; wallMs?: number }
  /** What the voice backend's own detector says: unified with ours, one start for each utterance. */
  | { type: 'server-vad'; speech: boolean }
  /** The answer to `turn-end-asked`. No answer: not yet. */
  | { type: 'turn-is-over'; askId: number }
  | { type: 'bind'; turnId: string; externalId: string }
  /** A transcript of the bot has these words. */
  | ({ type: 'words' } & SaidWords);

export const botMessageTransferables = (message: BotMessage): readonly unknown[] =>
  'samples' in message ? [message.samples.buffer] : 'packet' in message ? [message.packet.buffer] : [];

/** Events that the page makes itself. */
type PageEvent =
  | 'error'
  | 'state'
  | 'microphone'
  | 'transcript'
  | 'segment-kept'
  | 'segment-sent'
  | 'segment-acknowledged'
  | 'segment-rejected'
  | 'idle'
  | 'session-kept'
  | 'track-empty';

type EventFact = {
  [Type in Exclude<keyof SessionEvents, PageEvent>]: { type: Type; sessionId: string; event: SessionEvents[Type] };
}[Exclude<keyof SessionEvents, PageEvent>];

/** Engine → page: news only. */
export type EngineFact =
  | EventFact
  | { type: 'segment-kept'; sessionId: string; segment: SegmentWire }
  | { type: 'utterance-done'; sessionId: string; utteranceId: string; result: UtteranceResult }
  /** The microphone gives digital silence for no known reason, or does so no more. */
  | { type: 'input-silent'; sessionId: string; silent: boolean }
  /** The user paused: is the turn over? In session milliseconds; `silenceMs` has passed since the end of the speech. */
  | { type: 'turn-end-asked'; sessionId: string; askId: number; turnId: string; endMs: number; silenceMs: number }
  /** The question has no object any more: answered, too late, or the user spoke on. */
  | { type: 'turn-end-withdrawn'; sessionId: string; askId: number }
  /** The last fact of a session: the answer to `stopSession` comes by another port and may overtake the facts. */
  | { type: 'session-closed'; sessionId: string }
  /** How much room does the site have? Where a worker cannot ask without waiting for the page (Firefox). */
  | { type: 'room-asked'; sessionId: undefined }
  | { type: 'dropped'; sessionId: undefined; event: DroppedEvent }
  | { type: 'vad-model'; model: VadModel; error?: ErrorFacts }
  | { type: 'error'; sessionId: string | undefined; error: ErrorFacts };

export const engineFactTransferables = (_fact: EngineFact): readonly unknown[] => [];
