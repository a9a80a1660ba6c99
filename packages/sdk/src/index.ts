// The recorder
export { createRecorder } from './page/create-recorder.ts';
export type { Recorder } from './page/recorder.ts';
export type { RecorderEvents } from './page/recorder-events.ts';
export type { LatencyHint } from './page/audio/audio-graph.ts';
export {
  type EncryptionOption,
  type FileSampleRate,
  RECORDER_DEFAULTS,
  type RecorderOptions,
} from './page/options/options.ts';
export type { LevelOptions } from './core/level-options.ts';
export type { OpusEngineChoice, OpusOptions } from './core/opus-options.ts';
export type { AudioLink } from './page/audio/audio-link.ts';
export type { ShouldEndTurn, TurnEndQuestion } from './page/turn-end-questions.ts';
export type { VadChannelOption } from './page/vad-channel.ts';
export type { ConsentGrant } from './page/consent.ts';
export type { HoldOptions, SessionHold } from './page/sessions/session-holds.ts';
export type { DeliveryRetryEvent, OutboxProgress, OutboxView } from './page/delivery/delivery.ts';
export type { StoredSegment, StoredSession } from './page/sessions/stored-sessions.ts';

export type { EchoCancellationMode, MicrophoneConstraints } from './page/microphone/microphone.ts';
export type { AudioDevice, Devices, DevicesEvents, MicrophoneChoice, OutputChoice } from './page/microphone/devices.ts';

// A session and its two speakers
export type { Session } from './page/session.ts';
export type { StartSessionOptions } from './page/sessions/start-session.ts';
export type { PcmEncoding, PcmSamples } from './core/pcm.ts';
export type { OpusFormat, PcmFormat, WrittenFormat } from './page/options/check-pcm.ts';
export type { Bot, Utterance, UtteranceIds } from './page/bot.ts';
export type { AttachOptions, AttachSource, Attachment } from './page/audio/attachment.ts';
export type { User, UserTee } from './page/user.ts';
export type { TeeFormat, TeeOptions, TeeSettings, TeeStats } from './core/messages/tee.ts';
export type {
  AudioOptions,
  BundleOptions,
  ExportOptions,
  FileSink,
  SessionFileBlob,
  SessionFiles,
} from './page/files.ts';
export type { TranscriptEntry, Transcripts } from './page/transcripts.ts';

// What it tells
export type {
  ClientVadStartEvent,
  ClientVadStopEvent,
  DeafenEvent,
  DroppedEvent,
  GapEvent,
  InterruptionEvent,
  LevelEvent,
  LowSpaceEvent,
  MuteEvent,
  MicrophoneEvent,
  SessionEvents,
  SessionKept,
  SessionMicrophone,
  SessionRunState,
  UtteranceResult,
  VolumeEvent,
} from './core/events.ts';
export type { IntegrityCause, IntegrityEvent, IntegrityStats } from './core/integrity.ts';
export type { Diagnosis, DiagnosisFacts, Finding, FindingArea } from './core/diagnosis.ts';
export type { SessionStats } from './core/stats.ts';
export type { CutResult } from './core/messages/page-engine.ts';
export { TurntapeError, type TurntapeErrorCode, type TurntapeErrorDetail } from './core/errors.ts';
export type { Off } from './core/emitter.ts';

// The words
export type { EndReason, InterruptionCause, Speaker, Turn } from './core/turn.ts';
export type { PeakLevel, Peaks } from './core/peaks.ts';
export type { CaptureFacts, DeliveryState, Segment, SegmentFormat, UnheardTail } from './core/segment.ts';
export type { Consent, SessionFacts, SessionState, Transcript, TranscriptWord } from './core/session.ts';
export { type HeardWords, heardWords } from './core/heard-words.ts';
export type { RedactedSegment, RedactionRange, RedactionResult } from './core/redaction.ts';
export { estimateBytes, type EstimateOptions } from './core/estimate-bytes.ts';
export type { SessionFileFacts, SessionFileFormat, SessionLayout } from './core/session-file.ts';
export type { Gap, GapCause, Mark } from './core/gap.ts';
export type { Epoch } from './core/timeline.ts';
export type {
  BargeInSettings,
  ResamplerQuality,
  RetentionSettings,
  StorageSettings,
  TurnSettings,
  VadModel,
  VadPhases,
  VadSettings,
  WhenFull,
} from './core/settings.ts';

// Delivery: targets, and what one of your own is made of
export {
  type HeadersContext,
  type HttpOptions as HttpTargetOptions,
  httpTarget,
} from './upload/targets/http-target.ts';
export type { SendOptions, UploadTarget } from './upload-contract/target.ts';
export type { Receipt } from './upload-contract/receipt.ts';
export type { OutboxChoice, OutboxEntry, OutboxItem, OutboxPayload, OutboxState } from './upload-contract/outbox.ts';
export type { ClientVadMessage, SegmentWire, SessionWire, TranscriptWire } from './core/wire.ts';
