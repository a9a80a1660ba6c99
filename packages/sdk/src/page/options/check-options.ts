import { TurntapeError } from '../../core/errors.ts';
import type { LevelOptions } from '../../core/level-options.ts';
import { DEFAULT_MP3_BITRATE } from '../../core/mp3-rates.ts';
import type { OpusOptions } from '../../core/opus-options.ts';
import type { SegmentFormat } from '../../core/segment.ts';
import type {
  BargeInSettings,
  EncryptionSettings,
  RetentionSettings,
  StorageSettings,
  TurnSettings,
  VadPhases,
  VadSettings,
} from '../../core/settings.ts';
import { check } from './option-checks.ts';
import { type CheckedOptions, type FileSampleRate, RECORDER_DEFAULTS, type RecorderOptions } from './options.ts';
import type { LatencyHint } from '../audio/audio-graph.ts';
import { checkSendTimeout } from '../../upload/send-limit.ts';
import { checkVadChannel } from '../vad-channel.ts';

/** 32 bytes as base64url: 43 characters, padding is not written. */
const X25519_KEY = /^[\w-]{43}$/;

/** Checks every field at the door; the error names the one at fault. */
export function checkOptions(options: RecorderOptions = {}): CheckedOptions {
  const given = check.object(options, 'options', [
    ...Object.keys(RECORDER_DEFAULTS),
    'target',
    'audioContext',
    'vadChannel',
    'shouldEndTurn',
    'encryption',
    'assetBase',
  ]);
  const D = RECORDER_DEFAULTS;
  const format = check.format(given['format'] ?? D.format);
  if (options.target !== undefined) {
    check.method(options.target, 'target', 'send');
    checkSendTimeout(options.target);
  }
  return {
    target: options.target,
    format,
    sampleRate: checkSampleRate(given['sampleRate'], format),
    resampler: check.oneOf(given['resampler'] ?? D.resampler, 'resampler', ['fast', 'best'] as const),
    bitrate: check.integer(
      given['bitrate'] ?? (format === 'mp3' ? DEFAULT_MP3_BITRATE : D.bitrate),
      'bitrate',
      6000,
      256_000,
    ),
    encoder: checkEncoder(given['encoder']),
    record: checkRecord(given['record'], given['encryption']),
    microphone: checkMicrophone(options.microphone),
    audioContext: options.audioContext,
    latencyHint: checkLatencyHint(given['latencyHint'] ?? D.latencyHint),
    vad: checkVad(given['vad']),
    shouldEndTurn: checkShouldEndTurn(options.shouldEndTurn),
    endTurnTimeoutMs: check.number(given['endTurnTimeoutMs'] ?? D.endTurnTimeoutMs, 'endTurnTimeoutMs', 0, 60_000),
    turns: checkTurns(given['turns']),
    levels: checkLevels(given['levels']),
    redactLookbackMs: check.number(given['redactLookbackMs'] ?? D.redactLookbackMs, 'redactLookbackMs', 0, 60_000),
    bargeIn: checkBargeIn(given['bargeIn']),
    vadChannel: checkVadChannel(given['vadChannel']),
    vadTurnId: check.boolean(given['vadTurnId'] ?? D.vadTurnId, 'vadTurnId'),
    encryption: checkEncryption(given['encryption']),
    consent: check.oneOf(given['consent'] ?? D.consent, 'consent', ['required', 'granted'] as const),
    audioLink: check.oneOf(given['audioLink'] ?? D.audioLink, 'audioLink', ['auto', 'port'] as const),
    sampleRatio: check.number(given['sampleRatio'] ?? D.sampleRatio, 'sampleRatio', 0, 1),
    sessionIdleMs: check.number(given['sessionIdleMs'] ?? D.sessionIdleMs, 'sessionIdleMs', 0, 86_400_000),
    retention: checkRetention(given['retention']),
    storage: checkStorage(given['storage']),
    upload: check.oneOf(given['upload'] ?? D.upload, 'upload', ['auto', 'manual'] as const),
    backgroundSync: check.boolean(given['backgroundSync'] ?? D.backgroundSync, 'backgroundSync'),
    assetBase: options.assetBase,
  };
}

function checkSampleRate(value: unknown, format: SegmentFormat): CheckedOptions['sampleRate'] {
  const D = RECORDER_DEFAULTS.sampleRate;
  const rate = (value: unknown, field: string): FileSampleRate => {
    return value === 'native' ? value : check.fileRate(value, field, format);
  };
  if (value === undefined) return D;
  if (typeof value !== 'object') return { user: rate(value, 'sampleRate'), bot: rate(value, 'sampleRate') };
  const given = check.object(value, 'sampleRate', ['user', 'bot']);
  return {
    user: rate(given['user'] ?? D.user, 'sampleRate.user'),
    bot: rate(given['bot'] ?? D.bot, 'sampleRate.bot'),
  };
}

function checkEncoder(value: unknown): OpusOptions {
  const D = RECORDER_DEFAULTS.encoder;
  const given = { ...D, ...check.object(value ?? {}, 'encoder', Object.keys(D)) };
  return {
    engine: check.oneOf(given.engine, 'encoder.engine', ['auto', 'webcodecs', 'wasm'] as const),
    application: check.oneOf(given.application, 'encoder.application', ['audio', 'voip'] as const),
    signal: check.oneOf(given.signal, 'encoder.signal', ['auto', 'voice', 'music'] as const),
    complexity: check.integer(given.complexity, 'encoder.complexity', 0, 10),
    bitrateMode: check.oneOf(given.bitrateMode, 'encoder.bitrateMode', ['variable', 'constant'] as const),
    frameMs: checkFrameMs(given.frameMs),
    expectedLossPercent: check.integer(given.expectedLossPercent, 'encoder.expectedLossPercent', 0, 100),
  };
}

function checkFrameMs(value: unknown): OpusOptions['frameMs'] {
  if (value === 10 || value === 20 || value === 40 || value === 60) return value;
  throw new TurntapeError('invalid_option', 'encoder.frameMs must be 10, 20, 40 or 60', { field: 'encoder.frameMs' });
}

function checkRecord(value: unknown, encryption: unknown): CheckedOptions['record'] {
  const D = RECORDER_DEFAULTS.record;
  const given: Record<string, unknown> = { ...D, ...check.object(value ?? {}, 'record', Object.keys(D)) };
  const { session } = given;
  if (session !== false && checkEncryption(encryption)?.readableBy === 'target')
    throw new TurntapeError(
      'invalid_option',
      'record.session must be false: a sealed session file could never be read',
      {
        field: 'record.session',
      },
    );
  return {
    user: check.boolean(given['user'], 'record.user'),
    bot: check.boolean(given['bot'], 'record.bot'),
    session: session === false ? false : check.oneOf(session, 'record.session', ['stereo', 'mono'] as const),
    unheardTail: check.boolean(given['unheardTail'], 'record.unheardTail'),
  };
}

function checkMicrophone(value: RecorderOptions['microphone']): CheckedOptions['microphone'] {
  if (value === false || value instanceof MediaStream) return value;
  return { ...RECORDER_DEFAULTS.microphone, ...check.object(value ?? {}, 'microphone') };
}

function checkVad(value: unknown): VadSettings | null {
  if (value === false) return null;
  const given = check.object(value ?? {}, 'vad', Object.keys(RECORDER_DEFAULTS.vad));
  const vad = { ...RECORDER_DEFAULTS.vad, ...given };
  const positiveSpeechThreshold = check.number(vad.positiveSpeechThreshold, 'vad.positiveSpeechThreshold', 0, 1);
  return {
    model: check.oneOf(vad.model, 'vad.model', ['v6', 'v5', 'legacy', 'energy'] as const),
    positiveSpeechThreshold,
    negativeSpeechThreshold: check.number(
      vad.negativeSpeechThreshold,
      'vad.negativeSpeechThreshold',
      0,
      positiveSpeechThreshold,
    ),
    minSpeechMs: check.number(vad.minSpeechMs, 'vad.minSpeechMs', 0, 10_000),
    endSilenceMs: check.number(vad.endSilenceMs, 'vad.endSilenceMs', 32, 60_000),
    phases: checkPhases(vad.phases),
    echoThreshold: check.number(vad.echoThreshold, 'vad.echoThreshold', 0, 1),
    minLevelDb: checkLimit(vad.minLevelDb, 'vad.minLevelDb', 0, -100),
  };
}

function checkEncryption(value: unknown): EncryptionSettings | undefined {
  if (value === undefined || value === false) return undefined;
  if (value === 'device') return { readableBy: 'device' };
  const { publicKey, keyId = null } = check.object(value, 'encryption', ['publicKey', 'keyId']);
  if (typeof publicKey !== 'string' || !X25519_KEY.test(publicKey))
    throw new TurntapeError('invalid_option', 'encryption.publicKey must be 32 bytes as base64url', {
      field: 'encryption.publicKey',
    });
  if (keyId !== null && typeof keyId !== 'string')
    throw new TurntapeError('invalid_option', 'encryption.keyId must be a string', { field: 'encryption.keyId' });
  return { readableBy: 'target', publicKey, keyId };
}

function checkLatencyHint(value: unknown): LatencyHint {
  if (typeof value === 'number') return check.number(value, 'latencyHint', 0, 1);
  return check.oneOf(value, 'latencyHint', ['interactive', 'balanced', 'playback'] as const);
}

function checkPhases(value: unknown): VadPhases {
  if (value === 1 || value === 2 || value === 4) return value;
  throw new TurntapeError('invalid_option', `vad.phases must be 1, 2 or 4`, { field: 'vad.phases' });
}

function checkTurns(value: unknown): TurnSettings {
  const turns = {
    ...RECORDER_DEFAULTS.turns,
    ...check.object(value ?? {}, 'turns', Object.keys(RECORDER_DEFAULTS.turns)),
  };
  return {
    mode: check.oneOf(turns.mode, 'turns.mode', ['speech', 'continuous'] as const),
    preRollMs: check.number(turns.preRollMs, 'turns.preRollMs', 0, 5000),
    postRollMs: check.number(turns.postRollMs, 'turns.postRollMs', 0, 5000),
    botHangoverMs: check.number(turns.botHangoverMs, 'turns.botHangoverMs', 0, 60_000),
    maxSegmentMs: check.number(turns.maxSegmentMs, 'turns.maxSegmentMs', 1000, 3_600_000),
  };
}

function checkLevels(value: unknown): LevelOptions {
  const D = RECORDER_DEFAULTS.levels;
  const { everyMs } = { ...D, ...check.object(value ?? {}, 'levels', Object.keys(D)) };
  return { everyMs: check.number(everyMs, 'levels.everyMs', 20, 1000) };
}

function checkShouldEndTurn(value: unknown): CheckedOptions['shouldEndTurn'] {
  if (value === undefined || typeof value === 'function') return value as CheckedOptions['shouldEndTurn'];
  throw new TurntapeError('invalid_option', 'shouldEndTurn must be a function', { field: 'shouldEndTurn' });
}

/** Ten years: a limit that nobody means is a slip of units. */
const LONGEST_HOURS = 24 * 3660;

function checkRetention(value: unknown): RetentionSettings {
  const D = RECORDER_DEFAULTS.retention;
  const given = { ...D, ...check.object(value ?? {}, 'retention', Object.keys(D)) };
  return {
    keepAcknowledgedHours: check.number(
      given.keepAcknowledgedHours,
      'retention.keepAcknowledgedHours',
      0,
      LONGEST_HOURS,
    ),
    maxAgeHours: checkLimit(given.maxAgeHours, 'retention.maxAgeHours', LONGEST_HOURS),
    maxBytes: checkLimit(given.maxBytes, 'retention.maxBytes', Number.MAX_SAFE_INTEGER),
    includeUnacknowledged: check.boolean(given.includeUnacknowledged, 'retention.includeUnacknowledged'),
  };
}

function checkLimit(value: unknown, field: string, max: number, min = 0): number | null {
  return value === null ? null : check.number(value, field, min, max);
}

function checkStorage(value: unknown): StorageSettings {
  const D = RECORDER_DEFAULTS.storage;
  const given = { ...D, ...check.object(value ?? {}, 'storage', Object.keys(D)) };
  return {
    whenFull: check.oneOf(given.whenFull, 'storage.whenFull', ['stop', 'drop-acknowledged', 'drop-oldest'] as const),
    lowSpaceBytes: check.number(given.lowSpaceBytes, 'storage.lowSpaceBytes', 0, Number.MAX_SAFE_INTEGER),
    persist: check.boolean(given.persist, 'storage.persist'),
  };
}

function checkBargeIn(value: unknown): BargeInSettings {
  const D = RECORDER_DEFAULTS.bargeIn;
  if (value === false) return { ...D, mode: 'off' };
  const given = { ...D, ...check.object(value ?? {}, 'bargeIn', Object.keys(D)) };
  return {
    mode: check.oneOf(given.mode, 'bargeIn.mode', ['cut', 'duck-then-cut'] as const),
    duckGain: check.number(given.duckGain, 'bargeIn.duckGain', 0, 1),
    minBotMs: check.number(given.minBotMs, 'bargeIn.minBotMs', 0, 60_000),
    cooldownMs: check.number(given.cooldownMs, 'bargeIn.cooldownMs', 0, 60_000),
  };
}
