import type { CaptureSetup } from '../../core/messages/page-engine.ts';
import { mp3RateBelow } from '../../core/mp3-rates.ts';
import { DECLICK_MS } from '../../core/messages/player-engine.ts';
import { SEAL_SCHEME } from '../../core/seal.ts';
import type { CaptureFacts, Segment } from '../../core/segment.ts';
import type { EncoderSettings, EncryptionSettings, SessionSettings } from '../../core/settings.ts';
import type { EndReason } from '../../core/turn.ts';
import type { TrackedTurn } from '../../core/turn-tracker.ts';
import type { FrameRange } from '../capture/frame-range.ts';
import type { LossLedger } from '../capture/loss-ledger.ts';
import type { MarkLedger } from '../turns/mark-ledger.ts';
import type { SessionClock } from '../capture/session-clock.ts';
import type { TurnNotes } from '../turns/turn-notes.ts';
import type { Loudspeaker } from '../bot/loudspeaker.ts';
import { type UtteranceLedger, heardOf } from '../bot/utterance-ledger.ts';

/** What the facts of a segment are read from. */
export interface FactSources {
  settings: SessionSettings;
  clock: SessionClock;
  losses: LossLedger;
  marks: MarkLedger;
  utterances: UtteranceLedger;
  loudspeaker: Pick<Loudspeaker, 'putOut' | 'onItsWayMs' | 'firstHeard' | 'volumesIn'>;
  capture: () => CaptureSetup;
  /** The detector in charge, by name. */
  vadModel: () => string | null;
  notes: TurnNotes;
  /** How much of a range of the bot's track sounds. */
  soundingMs?: ((range: FrameRange) => number) | undefined;
}

/** The part of a turn that one file holds, in session frames. */
export interface FileRange {
  segmentId: string;
  part: number;
  isLast: boolean;
  from: number;
  to: number;
  onset: number;
}

/** The finished file. */
export interface FileFacts {
  /** Samples that it decodes to. */
  samples: number;
  byteSize: number;
  sha256: string;
  encoder: Readonly<Record<string, unknown>>;
}

/** Reasons for which a bot turn may end with audio still unplayed: the session was hung up on it. */
const HANG_UP: ReadonlySet<EndReason> = new Set(['session_stop', 'page_exit']);

/**
 * The facts of one segment as they stand now; those of its file are not known yet. Pure: it reads the room's ledgers and
 * decides nothing.
 */
export function draftSegment(sources: FactSources, turn: TrackedTurn, range: FileRange): Segment {
  const { settings, clock } = sources;
  const { speaker, turnId } = turn;
  const start = clock.toPlace(range.from);
  const clockRate = clock.epochs.find(({ epoch }) => epoch === start.epoch)?.clockRate ?? clock.rate;
  const capture = sources.capture();
  const bot = speaker === 'bot' ? playback(sources, turn) : NOT_PLAYED;
  return {
    segmentId: range.segmentId,
    sessionId: settings.sessionId,
    turnId,
    part: range.part,
    isLast: range.isLast,
    speaker,
    utteranceIds: turn.utteranceIds,
    externalId: sources.notes.externalId(turnId),
    overlapsTurnId: turn.overlapsTurnId ?? null,
    replaces: null,
    format: settings.encoder[speaker].format,
    sampleRate: fileRate(settings.encoder[speaker], clock.rate),
    inputSampleRate: clock.rate,
    numChannels: 1,
    durationMs: 0,
    byteSize: 0,
    sha256: '',
    startedAt: clock.toWallMs(range.from),
    endedAt: clock.toWallMs(range.to),
    clockEpoch: start.epoch,
    clockRate,
    startFrame: start.frame,
    endFrame: start.frame + Math.round(((range.to - range.from) / clock.rate) * clockRate),
    interrupted: turn.interrupted || bot.hungUp,
    interruptionCause: turn.interruptionCause ?? null,
    endReason: turn.endReason ?? 'crash',
    renderedMs: bot.renderedMs,
    heardMs: bot.heardMs,
    generatedMs: bot.generatedMs,
    speechOnsetMs: range.part === 1 ? clock.toMs(range.onset - range.from) : 0,
    responseLatencyMs: bot.responseLatencyMs,
    gaps: sources.losses.gaps(speaker, range.from, range.to, clock.rate),
    marks: sources.marks.marks(speaker, range.from, range.to, clock.rate),
    inputLatencyMs: capture.inputLatencyMs,
    outputLatencyMs: capture.outputLatencyMs,
    capture: { ...captureFacts(sources, turn, range), ...sealed(settings.encryption) },
    schema: 1,
  };
}

/** The same of a file that is closed: how much of it sounds is known. */
export function closedDraft(sources: FactSources, turn: TrackedTurn, range: FileRange): Segment {
  const draft = draftSegment(sources, turn, range);
  const soundingMs = turn.speaker === 'bot' ? sources.soundingMs?.(range) : undefined;
  return soundingMs === undefined ? draft : { ...draft, capture: { ...draft.capture, soundingMs } };
}

/** The draft with the facts of its file: its length is what the file decodes to, to the sample. */
export function finishedSegment(draft: Segment, file: FileFacts): Segment {
  const durationMs = (file.samples / draft.sampleRate) * 1000;
  const capture = { ...draft.capture, encoder: { ...file.encoder, ...draft.capture.encoder } };
  const { byteSize, sha256 } = file;
  return { ...draft, durationMs, byteSize, sha256, endedAt: draft.startedAt + durationMs, capture };
}

/** Rate of a speaker's files, in Hz. */
export function fileRate(encoder: EncoderSettings, clockRate: number): number {
  if (encoder.format === 'opus') return 48_000;
  if (encoder.sampleRate !== 'native') return encoder.sampleRate;
  return encoder.format === 'mp3' ? mp3RateBelow(clockRate) : clockRate;
}

function sealed(encryption: EncryptionSettings | undefined): Pick<CaptureFacts, 'sealed'> {
  if (encryption?.readableBy !== 'target') return {};
  return { sealed: { scheme: SEAL_SCHEME, keyId: encryption.keyId } };
}

const NOT_PLAYED = { renderedMs: null, heardMs: null, generatedMs: null, responseLatencyMs: null, hungUp: false };

function playback(sources: FactSources, turn: TrackedTurn) {
  const { clock, loudspeaker } = sources;
  const latencyMs = sources.capture().outputLatencyMs ?? 0;
  const sums = sources.utterances.sum(turn.utteranceIds);
  const attached = turn.utteranceIds.length === 0;
  const end = turn.end ?? turn.start;
  // Of an attached stream what arrived is all that is known: it counts as rendered.
  const put = attached ? loudspeaker.putOut(turn.start, end) : sums;
  const { renderedMs } = put;
  const hungUp = !attached && HANG_UP.has(turn.endReason ?? 'drained') && sums.generatedMs - renderedMs > 1;
  const cut = turn.interrupted || hungUp;
  const heardMs = heardOf(put, cut ? loudspeaker.onItsWayMs(end, latencyMs) : 0);
  const asked = sources.notes.answers(turn.turnId);
  const heardAt = loudspeaker.firstHeard(turn.start, turn.end ?? Infinity);
  const isAnswer = asked !== undefined && heardAt !== undefined;
  const responseLatencyMs = isAnswer ? clock.toMs(heardAt - asked) + latencyMs : null;
  return { renderedMs, heardMs, generatedMs: attached ? null : sums.generatedMs, responseLatencyMs, hungUp };
}

function captureFacts(
  sources: FactSources,
  { speaker, turnId, utteranceIds }: TrackedTurn,
  { from, to }: FileRange,
): CaptureFacts {
  const { vad, turns } = sources.settings;
  if (speaker === 'bot') {
    const cutLatencyMs = sources.notes.cutLatencyMs(turnId);
    const cut = cutLatencyMs === undefined ? {} : { cutLatencyMs };
    const volume = sources.loudspeaker.volumesIn(from, to);
    const facts = { settings: {}, vad: null, encoder: { declickMs: DECLICK_MS }, ...cut, ...(volume && { volume }) };
    return utteranceIds.length === 0 ? facts : { ...facts, utterances: sources.utterances.each(utteranceIds) };
  }
  const model = sources.vadModel() ?? vad?.model;
  const echoLikelihood = sources.notes.echoLikelihood(turnId);
  return {
    settings: sources.capture().settings,
    vad: vad && { ...vad, model, preRollMs: turns.preRollMs, echoLikelihood },
    encoder: {},
  };
}
