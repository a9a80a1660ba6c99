import type { SegmentFormat } from '../core/segment.ts';
import type { BargeInSettings, TurnSettings, VadSettings } from '../core/settings.ts';
import type { UploadTarget } from '../upload-contract/target.ts';
import { check } from './option-checks.ts';

/** Rate of a speaker's files: in Hz, 8000 … 48000, or the device's own. */
export type FileSampleRate = number | 'native';

/** What `createRecorder` takes. Every field has a default; the defaults are {@link RECORDER_DEFAULTS}. */
export interface RecorderOptions {
  /** Where the outbox goes. None: everything stays on the device. */
  target?: UploadTarget;
  /** Of the segments' files: Ogg Opus or PCM16 WAV. Default `opus`. Error: `unsupported_format`. */
  format?: SegmentFormat;
  /** Of the files, for both speakers or for each. Opus always decodes at 48000. Default 48000. */
  sampleRate?: FileSampleRate | { user?: FileSampleRate; bot?: FileSampleRate };
  /** Opus, bit/s, 6000 … 256000. Default 32000. */
  bitrate?: number;
  /** Whose turns become segments. The other speaker's turns are still tracked. Default both. */
  record?: { user?: boolean; bot?: boolean };
  /**
   * Constraints of the microphone, or a stream of your own: what we did not open we do not stop. Default echo
   * cancellation and noise suppression on, automatic gain off.
   */
  microphone?: MediaTrackConstraints | MediaStream;
  /** Your own context; it is neither resumed behind your back nor closed. Default: one for each session. */
  audioContext?: AudioContext;
  /** The detector of the user's speech; `false`: none, the app marks turns (`session.user.startTurn()`). */
  vad?: Partial<VadSettings> | false;
  /** Pre-roll, post-roll, hang-over and maximum length. */
  turns?: Partial<TurnSettings>;
  /** What happens to the bot when the user begins to speak. `false`: nothing. */
  bargeIn?: (Partial<Omit<BargeInSettings, 'mode'>> & { mode?: 'cut' | 'duck-then-cut' }) | false;
  /** `required`: no session starts before `grantConsent()`. Default `required`. */
  consent?: 'required' | 'granted';
  /** How long acknowledged audio stays on the device for playback, in hours. 0: it goes at once. Default 24. */
  keepAcknowledgedHours?: number;
  /** Where the worker, worklets, WASM and models lie, when not beside the package. See `npx turntape copy-assets`. */
  assetBase?: string | URL;
}

/** The options with nothing left open. */
export interface CheckedOptions {
  target: UploadTarget | undefined;
  format: SegmentFormat;
  sampleRate: { user: FileSampleRate; bot: FileSampleRate };
  bitrate: number;
  record: { user: boolean; bot: boolean };
  microphone: MediaTrackConstraints | MediaStream;
  audioContext: AudioContext | undefined;
  vad: VadSettings | null;
  turns: TurnSettings;
  bargeIn: BargeInSettings;
  consent: 'required' | 'granted';
  keepAcknowledgedHours: number;
  assetBase: string | URL | undefined;
}

/** Every default of {@link RecorderOptions}, in one place. */
export const RECORDER_DEFAULTS = Object.freeze({
  format: 'opus',
  sampleRate: Object.freeze({ user: 48_000, bot: 48_000 }),
  bitrate: 32_000,
  record: Object.freeze({ user: true, bot: true }),
  microphone: Object.freeze({ echoCancellation: true, noiseSuppression: true, autoGainControl: false }),
  vad: Object.freeze({
    model: 'v6',
    positiveSpeechThreshold: 0.3,
    negativeSpeechThreshold: 0.25,
    minSpeechMs: 250,
    endSilenceMs: 800,
  }),
  turns: Object.freeze({ preRollMs: 500, postRollMs: 200, botHangoverMs: 300, maxSegmentMs: 300_000 }),
  bargeIn: Object.freeze({ mode: 'duck-then-cut', duckGain: 0.25, minBotMs: 0, cooldownMs: 0 }),
  consent: 'required',
  keepAcknowledgedHours: 24,
} as const satisfies Omit<CheckedOptions, 'target' | 'audioContext' | 'assetBase'>);

/** Checks every field at the door; the error names the one at fault. */
export function checkOptions(options: RecorderOptions = {}): CheckedOptions {
  const given = check.object(options, 'options', [
    ...Object.keys(RECORDER_DEFAULTS),
    'target',
    'audioContext',
    'assetBase',
  ]);
  const D = RECORDER_DEFAULTS;
  if (options.target !== undefined) check.method(options.target, 'target', 'send');
  return {
    target: options.target,
    format: check.format(given['format'] ?? D.format),
    sampleRate: checkSampleRate(given['sampleRate']),
    bitrate: check.number(given['bitrate'] ?? D.bitrate, 'bitrate', 6000, 256_000),
    record: checkRecord(given['record']),
    microphone: checkMicrophone(options.microphone),
    audioContext: options.audioContext,
    vad: checkVad(given['vad']),
    turns: checkTurns(given['turns']),
    bargeIn: checkBargeIn(given['bargeIn']),
    consent: check.oneOf(given['consent'] ?? D.consent, 'consent', ['required', 'granted'] as const),
    keepAcknowledgedHours: check.number(
      given['keepAcknowledgedHours'] ?? D.keepAcknowledgedHours,
      'keepAcknowledgedHours',
      0,
      24 * 365,
    ),
    assetBase: options.assetBase,
  };
}

function checkSampleRate(value: unknown): CheckedOptions['sampleRate'] {
  const rate = (each: unknown, field: string): FileSampleRate =>
    each === 'native' ? each : check.number(each, field, 8000, 48_000);
  if (value === undefined) return RECORDER_DEFAULTS.sampleRate;
  if (typeof value !== 'object') return { user: rate(value, 'sampleRate'), bot: rate(value, 'sampleRate') };
  const given = check.object(value, 'sampleRate', ['user', 'bot']);
  return {
    user: rate(given['user'] ?? RECORDER_DEFAULTS.sampleRate.user, 'sampleRate.user'),
    bot: rate(given['bot'] ?? RECORDER_DEFAULTS.sampleRate.bot, 'sampleRate.bot'),
  };
}

function checkRecord(value: unknown): CheckedOptions['record'] {
  const given = { ...RECORDER_DEFAULTS.record, ...check.object(value ?? {}, 'record', ['user', 'bot']) };
  return { user: check.boolean(given.user, 'record.user'), bot: check.boolean(given.bot, 'record.bot') };
}

function checkMicrophone(value: RecorderOptions['microphone']): CheckedOptions['microphone'] {
  if (value instanceof MediaStream) return value;
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
  };
}

function checkTurns(value: unknown): TurnSettings {
  const turns = {
    ...RECORDER_DEFAULTS.turns,
    ...check.object(value ?? {}, 'turns', Object.keys(RECORDER_DEFAULTS.turns)),
  };
  return {
    preRollMs: check.number(turns.preRollMs, 'turns.preRollMs', 0, 5000),
    postRollMs: check.number(turns.postRollMs, 'turns.postRollMs', 0, 5000),
    botHangoverMs: check.number(turns.botHangoverMs, 'turns.botHangoverMs', 0, 60_000),
    maxSegmentMs: check.number(turns.maxSegmentMs, 'turns.maxSegmentMs', 1000, 3_600_000),
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
