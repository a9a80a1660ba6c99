import type { LevelOptions } from './level-options.ts';
import type { OpusOptions } from './opus-options.ts';
import type { Consent } from './session.ts';
import type { SegmentFormat } from './segment.ts';
import type { KeptFileFormat, SessionLayout } from './session-file.ts';

/** Which detector listens to the microphone. `energy` needs no download. */
export type VadModel = 'v6' | 'v5' | 'legacy' | 'energy';

/** When speech begins and ends. Plain data: it goes into every segment's `capture.vad`. */
export interface VadSettings {
  model: VadModel;
  /** A window at or above this probability is speech. Default 0.3, vad-web's own. */
  positiveSpeechThreshold: number;
  /** Below this it counts towards the end of speech. Default 0.25, vad-web's own. */
  negativeSpeechThreshold: number;
  /** Shorter speech is a misfire. In milliseconds of windows found to be speech. Default 250. */
  minSpeechMs: number;
  /** This much silence ends a turn. Default 800. */
  endSilenceMs: number;
  /**
   * While the bot speaks and may be cut, a Silero model looks at the newest 32 ms up to so many times in each 32 ms, at the end
   * of each burst of the audio thread, and the first that finds speech decides; one before a window is whole must find 0.2
   * more. Default 4; 1: once, in whole windows.
   */
  phases?: VadPhases;
  /**
   * A start of which the bot's own playback explains more than this part is doubtful: it neither cuts nor becomes a turn
   * until more than echo is heard. 1: no start is. Default 0.8, from `bench/echo.mjs`.
   */
  echoThreshold: number;
  /**
   * What is quieter is no speech, whatever the model finds: people at other tables, a television. RMS of a window, in dBFS, −100 … 0;
   * where it lies depends on microphone and gain, so measure it by `level`. Null: no limit. Default null.
   */
  minLevelDb?: number | null;
}

/** Looks at a window's length. */
export type VadPhases = 1 | 2 | 4;

/** What happens to the bot when the user begins to speak. */
export interface BargeInSettings {
  /** `cut` at the onset; `duck-then-cut`: quieter at the onset, cut when confirmed, restored on a misfire; or never. */
  mode: 'cut' | 'duck-then-cut' | 'off';
  /** Gain while ducked, 0 … 1. Default 0.25 (−12 dB). */
  duckGain: number;
  /** The bot cannot be cut before it has played this long. Default 0. */
  minBotMs: number;
  /** After a cut the next one waits this long. Default 0. */
  cooldownMs: number;
}

/** How a track becomes turns, what surrounds speech in a file, and how long a file may get. */
export interface TurnSettings {
  /**
   * Of the user: `speech`, by the detector and by hand (`session.user.startTurn()`), with `vad: false` by hand alone; or
   * `continuous`, the whole track as one turn from the first frame to the stop, in consecutive segments of
   * `maxSegmentMs`. Default `speech`.
   */
  mode: 'speech' | 'continuous';
  /** Audio before the onset that goes into the file, so that no first syllable is lost. Default 500. */
  preRollMs: number;
  /** Audio after the last speech that goes into the file. Default 200. */
  postRollMs: number;
  /** The bot's turn stays open this long after it drained, for a further utterance of the same turn. Default 300. */
  botHangoverMs: number;
  /** A longer turn is cut into parts, no frame lost between. Default 300000. */
  maxSegmentMs: number;
}

/** How well rates are changed: `best`, 80 dB, or `fast`, 58 dB and a third of the work. */
export type ResamplerQuality = 'fast' | 'best';

/** How a speaker's files are made. */
export interface EncoderSettings {
  format: SegmentFormat;
  /** Of the file, in Hz, or the capture clock's own. Opus: always 48000. */
  sampleRate: number | 'native';
  /** Opus only, bit/s. */
  bitrate: number;
  /** Opus only: engine and settings. Default `DEFAULT_OPUS_OPTIONS`. */
  opus?: OpusOptions;
  /** Default `best`. */
  resampler?: ResamplerQuality;
}

/** How the session file is made. */
export interface SessionEncoderSettings extends EncoderSettings {
  format: KeptFileFormat;
}

/** Who can read the audio that lies on the device: this browser alone, or the backend alone. */
export type EncryptionSettings =
  | { readableBy: 'device' }
  | {
      readableBy: 'target';
      /** X25519, its 32 bytes as base64url. */
      publicKey: string;
      /** The backend's name for it. */
      keyId: string | null;
    };

/** What happens when the browser gives this site no more room. */
export type WhenFull = 'stop' | 'drop-acknowledged' | 'drop-oldest';

/** How the room on the device is watched, and what gives way when there is none. */
export interface StorageSettings {
  /**
   * `stop`: nothing is dropped, the session ends. `drop-acknowledged`: audio that the backend has goes, oldest first;
   * when there is none, what is spoken waits in memory for room, and what finds none there is a gap `storage_full`.
   * `drop-oldest`: after that also audio of ended sessions that the backend does not have, each told by `dropped`.
   * Default `drop-acknowledged`.
   */
  whenFull: WhenFull;
  /** `low-space` is told when less than this is left, in bytes. Default 67108864: five minutes of WAV, hours of Opus. */
  lowSpaceBytes: number;
  /**
   * The browser is asked to keep this site's storage when space runs out. Nobody waits for its answer; Firefox asks the
   * person. Default true.
   */
  persist: boolean;
}

/** What may stay on the device, and for how long. A session that runs is never touched. */
export interface RetentionSettings {
  /** How long acknowledged audio stays for playback, in hours. 0: until its session has ended. Default 24. */
  keepAcknowledgedHours: number;
  /** What is older than this goes, in hours. Null: no limit. Default null. */
  maxAgeHours: number | null;
  /** Audio beyond this goes, oldest first, in bytes of all that is kept here. Null: no limit. Default null. */
  maxBytes: number | null;
  /** The two limits also take what the backend has not acknowledged, each told by `dropped`. Default false. */
  includeUnacknowledged: boolean;
}

/** Everything the engine needs to know of a session: plain data, checked at the door. */
export interface SessionSettings {
  sessionId: string;
  metadata: Readonly<Record<string, unknown>>;
  consent: Consent | null;
  /**
   * Whose turns become segments, and whether the whole conversation becomes one file (`session`, default false).
   * `unheardTail`: what the bot was given and nobody heard becomes a segment of its own. Default false.
   */
  record: { user: boolean; bot: boolean; session?: SessionLayout | false; unheardTail?: boolean };
  encoder: { user: EncoderSettings; bot: EncoderSettings; session?: SessionEncoderSettings };
  vad: VadSettings | null;
  bargeIn: BargeInSettings;
  turns: TurnSettings;
  /** Default `DEFAULT_LEVEL_OPTIONS`. */
  levels?: LevelOptions | undefined;
  /** The messages of the user's speech carry the turn's id. Default false. */
  vadTurnId?: boolean;
  /** The app is asked before a user's turn ends, and has so long to say yes. Undefined: it is not asked. */
  endTurnTimeoutMs?: number | undefined;
  /** Nothing is written before it is this old: see `RecorderOptions.redactLookbackMs`. */
  redactLookbackMs: number;
  /** Audio is encrypted as it is kept. Default: it is not. */
  encryption?: EncryptionSettings | undefined;
  /** False: the session is not recorded. Everything sounds and is told as ever, and nothing is written. Default true. */
  sampled?: boolean;
  /** What gives way when there is no more room. Default: nothing. */
  storage?: Pick<StorageSettings, 'whenFull' | 'lowSpaceBytes'>;
}
