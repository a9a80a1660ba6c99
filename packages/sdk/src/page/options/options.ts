import { DEFAULT_LEVEL_OPTIONS, type LevelOptions } from '../../core/level-options.ts';
import { DEFAULT_OPUS_OPTIONS, type OpusOptions } from '../../core/opus-options.ts';
import type { SegmentFormat } from '../../core/segment.ts';
import type { SessionLayout } from '../../core/session-file.ts';
import type {
  BargeInSettings,
  EncryptionSettings,
  ResamplerQuality,
  RetentionSettings,
  StorageSettings,
  TurnSettings,
  VadSettings,
} from '../../core/settings.ts';
import type { UploadTarget } from '../../upload-contract/target.ts';
import type { AudioLink } from '../audio/audio-link.ts';
import type { LatencyHint } from '../audio/audio-graph.ts';
import type { MicrophoneConstraints } from '../microphone/microphone.ts';
import type { ShouldEndTurn } from '../turn-end-questions.ts';
import type { VadChannelOption } from '../vad-channel.ts';

/** Rate of a speaker's files: in Hz, 8000 … 48000, or the device's own. */
export type FileSampleRate = number | 'native';

/** What `createRecorder` takes. Every field has a default; the defaults are {@link RECORDER_DEFAULTS}. */
export interface RecorderOptions {
  /** Where the outbox goes. None: everything stays on the device. */
  target?: UploadTarget;
  /**
   * Of the segments' files: Ogg Opus, PCM16 WAV, or MP3 by LAME in WebAssembly, which is loaded only then. Default `opus`.
   * Error: `unsupported_format`.
   */
  format?: SegmentFormat;
  /**
   * Of the files, for both speakers or for each. Opus always decodes at 48000; MP3 has 8000, 11025, 12000, 16000, 22050,
   * 24000, 32000, 44100 and 48000. Default 48000.
   */
  sampleRate?: FileSampleRate | { user?: FileSampleRate; bot?: FileSampleRate };
  /**
   * How well rates are changed, between the device and the files and of audio that is written. `best`: what does not belong there is 80 dB
   * down, and nothing is lost up to 0.9 of the lower Nyquist frequency. `fast`: 58 dB and 0.8, for a third of the work. Where
   * rates are equal nothing is changed. Default `best`.
   */
  resampler?: ResamplerQuality;
  /** Opus and MP3, bit/s, 6000 … 256000; MP3 takes the nearest that it has. Default 32000, of MP3 64000. */
  bitrate?: number;
  /**
   * Opus: who encodes it and how. `engine: 'auto'` takes the browser's encoder where it has one and the package's
   * WebAssembly (`dist/opus.encoder.js`, loaded only then) elsewhere. What a segment was made by stands in its
   * `capture.encoder`. Default `RECORDER_DEFAULTS.encoder`. Errors: `invalid_option`; at the start of a session
   * `unsupported_format`, `asset_not_found`, and `encoder_failed` where a policy forbids WebAssembly.
   */
  encoder?: Partial<OpusOptions>;
  /**
   * Whose turns become segments. The other speaker's turns are still tracked. Default both. `unheardTail`: what the bot
   * was given and nobody heard, since it was cut, is kept as a segment of its own (`segment.unheardTail`). Default false.
   * `session`: the whole conversation is kept as well, as `stereo` (the user left, the bot right) or `mono`, whatever
   * becomes a segment. It is not uploaded: see `session.files`. Default false.
   */
  record?: { user?: boolean; bot?: boolean; session?: SessionLayout | false; unheardTail?: boolean };
  /**
   * Constraints of the microphone, or a stream of your own: what we did not open we do not stop. Default echo
   * cancellation and noise suppression on, automatic gain off; `echoCancellation` takes a mode, too. `false`: none is opened, the app writes the user's audio
   * with `session.user.write()`.
   */
  microphone?: MicrophoneConstraints | MediaStream | false;
  /** Your own context; it is neither resumed behind your back nor closed. Default: one for each session. */
  audioContext?: AudioContext;
  /**
   * Of our own context: `interactive`, `balanced`, `playback`, or seconds. What is rendered ahead can no longer be cut: with
   * `0` a browser renders as little as its device allows, and the bot is silent sooner; a device that is not served in
   * time is heard to crackle. Default `interactive`.
   */
  latencyHint?: LatencyHint;
  /** The detector of the user's speech; `false`: none, the app marks turns (`session.user.startTurn()`). */
  vad?: Partial<VadSettings> | false;
  /**
   * Is the user's turn over? Asked when the detector has found `vad.endSilenceMs` of silence, also of a promise: a model of your own
   * may listen to what was said. Until it says true the turn stays open, and who speaks on goes on with it: one segment, one
   * `client_vad_start` and one stop. False, or no answer within `endTurnTimeoutMs`: the time decides. A hook that throws ends the
   * turn, with an `error` event (`invalid_argument`). Whether the bot may be cut does not wait for it. Default: every such silence
   * ends the turn.
   */
  shouldEndTurn?: ShouldEndTurn;
  /** Longest that `shouldEndTurn` puts off the end of a turn, in milliseconds of audio, 0 … 60000. Default 3000. */
  endTurnTimeoutMs?: number;
  /** How turns are cut, pre-roll, post-roll, hang-over and maximum length. */
  turns?: Partial<TurnSettings>;
  /** How often `level` is told of each speaker: `everyMs`, 20 … 1000. Default every 50 ms. Error: `invalid_option`. */
  levels?: Partial<LevelOptions>;
  /**
   * Nothing is written before it is this old, in milliseconds, 0 … 60000: what `session.redact()` reaches within it never
   * touched the disk. A tab that dies loses as much more; each second takes 0.4 MB of memory. Default 0.
   */
  redactLookbackMs?: number;
  /** What happens to the bot when the user begins to speak. `false`: nothing. */
  bargeIn?: (Partial<Omit<BargeInSettings, 'mode'>> & { mode?: 'cut' | 'duck-then-cut' }) | false;
  /**
   * `client_vad_start` and `client_vad_stop` leave by it straight from the engine, also while the page stands still. The
   * recorder takes it over. A MessagePort gets `event.message`, an RTCDataChannel the same as JSON; not every browser
   * can give a data channel away, and only in the task that made it: `createRecorder({ vadChannel:
   * connection.createDataChannel('vad') })`. The events come all the same. Error: `invalid_option`.
   */
  vadChannel?: VadChannelOption;
  /** The messages of the user's speech carry a third field, `turn_id`. Default false. */
  vadTurnId?: boolean;
  /**
   * What is kept on the device is encrypted. `device`: audio, transcripts, `metadata` and consent, under a key of the session that
   * no script can read; playback here works, `erase` destroys the key. A public key: every file is sealed for the backend that has
   * the private one, and this device cannot play its own queue, see `turntape/unseal`; transcripts, `metadata` and consent, which
   * leave in the open, as with `device`. Not encrypted: ids, times, hashes, how the audio was made. Default false.
   */
  encryption?: EncryptionOption;
  /** `required`: no session starts before `grantConsent()`. Default `required`. */
  consent?: 'required' | 'granted';
  /**
   * How the audio thread talks to the engine. `auto`: through shared memory on a cross-origin isolated page, which no
   * browser routes through the page, else by a MessagePort. `port`: always by that. Default `auto`.
   */
  audioLink?: AudioLink;
  /**
   * Which part of all sessions is recorded, 0 … 1; decided by the session's id alone, so a reload decides alike. A session
   * that is left out sounds, listens and tells as ever, and keeps nothing: `session.sampled`, state `not-sampled`. Default 1.
   */
  sampleRatio?: number;
  /**
   * A session in which nobody has spoken for so long ends by itself, as by `stop()`, in milliseconds, 0 … 86400000. A turn that is
   * open is never idle: not in `turns: { mode: 'continuous' }`. 0: never. Default 0.
   */
  sessionIdleMs?: number;
  /** What may stay on the device, and for how long: looked at when the recorder starts and after each acknowledgement. */
  retention?: Partial<RetentionSettings>;
  /** How the room on the device is watched, and what gives way when there is none. */
  storage?: Partial<StorageSettings>;
  /**
   * `manual`: the outbox begins paused, and nothing leaves before `recorder.outbox.resume()`, not from the page that is left
   * either. Default `auto`.
   */
  upload?: 'auto' | 'manual';
  /**
   * Asks the browser to let the app's service worker deliver when the page is gone; it must call `deliverInBackground()`
   * of `turntape/service-worker`. A browser without Background Sync (all but Chromium's) is not asked. Default false.
   */
  backgroundSync?: boolean;
  /** Where the worker, worklets, WASM and models lie, when not beside the package. See `npx turntape copy-assets`. */
  assetBase?: string | URL;
}

/** Who can read what lies on the device. */
export type EncryptionOption =
  | false
  | 'device'
  | {
      /** The backend's X25519 key, its 32 bytes as base64url: `generateSealKeys()` of `turntape/unseal` makes one. */
      publicKey: string;
      /** The backend's name for it; it travels with each file. */
      keyId?: string;
    };

/** The options with nothing left open. */
export interface CheckedOptions {
  target: UploadTarget | undefined;
  format: SegmentFormat;
  sampleRate: { user: FileSampleRate; bot: FileSampleRate };
  resampler: ResamplerQuality;
  bitrate: number;
  encoder: OpusOptions;
  record: { user: boolean; bot: boolean; session: SessionLayout | false; unheardTail: boolean };
  microphone: MicrophoneConstraints | MediaStream | false;
  audioContext: AudioContext | undefined;
  latencyHint: LatencyHint;
  vad: VadSettings | null;
  shouldEndTurn: ShouldEndTurn | undefined;
  endTurnTimeoutMs: number;
  turns: TurnSettings;
  levels: LevelOptions;
  redactLookbackMs: number;
  bargeIn: BargeInSettings;
  vadChannel: VadChannelOption | undefined;
  vadTurnId: boolean;
  encryption: EncryptionSettings | undefined;
  consent: 'required' | 'granted';
  audioLink: AudioLink;
  sampleRatio: number;
  sessionIdleMs: number;
  retention: RetentionSettings;
  storage: StorageSettings;
  upload: 'auto' | 'manual';
  backgroundSync: boolean;
  assetBase: string | URL | undefined;
}

/** Every default of {@link RecorderOptions}, in one place. */
export const RECORDER_DEFAULTS = Object.freeze({
  format: 'opus',
  sampleRate: Object.freeze({ user: 48_000, bot: 48_000 }),
  resampler: 'best',
  bitrate: 32_000,
  encoder: DEFAULT_OPUS_OPTIONS,
  record: Object.freeze({ user: true, bot: true, session: false, unheardTail: false }),
  microphone: Object.freeze({ echoCancellation: true, noiseSuppression: true, autoGainControl: false }),
  vad: Object.freeze({
    model: 'v6',
    positiveSpeechThreshold: 0.3,
    negativeSpeechThreshold: 0.25,
    minSpeechMs: 250,
    endSilenceMs: 800,
    phases: 4,
    echoThreshold: 0.8,
    minLevelDb: null,
  }),
  endTurnTimeoutMs: 3000,
  turns: Object.freeze({
    mode: 'speech',
    preRollMs: 500,
    postRollMs: 200,
    botHangoverMs: 300,
    maxSegmentMs: 300_000,
  }),
  levels: DEFAULT_LEVEL_OPTIONS,
  latencyHint: 'interactive',
  redactLookbackMs: 0,
  bargeIn: Object.freeze({ mode: 'duck-then-cut', duckGain: 0.25, minBotMs: 0, cooldownMs: 0 }),
  vadTurnId: false,
  consent: 'required',
  audioLink: 'auto',
  sampleRatio: 1,
  sessionIdleMs: 0,
  retention: Object.freeze({
    keepAcknowledgedHours: 24,
    maxAgeHours: null,
    maxBytes: null,
    includeUnacknowledged: false,
  }),
  storage: Object.freeze({ whenFull: 'drop-acknowledged', lowSpaceBytes: 64 * 2 ** 20, persist: true }),
  upload: 'auto',
  backgroundSync: false,
} as const satisfies Omit<
  CheckedOptions,
  'encryption' | 'target' | 'audioContext' | 'vadChannel' | 'shouldEndTurn' | 'assetBase'
>);
