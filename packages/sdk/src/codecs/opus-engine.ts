import type { TurntapeError } from '../core/errors.ts';

/** What the encoder optimises for: `audio` keeps the wave as it is, `voip` filters out what speech does not need. */
export type OpusApplication = 'audio' | 'voip';

/** A hint about the input: `voice` lets the speech layer work at every complexity. */
export type OpusSignal = 'auto' | 'voice' | 'music';

/** How Opus is encoded. Plain data: it goes into every segment's `capture.encoder`. */
export interface OpusSettings {
  numChannels: 1 | 2;
  /** Target, bit/s, 6000 … 510000. Variable: what a packet takes depends on what is said. */
  bitrate: number;
  /** 0 … 10: more work per packet for less loss. */
  complexity: number;
  application: OpusApplication;
  signal: OpusSignal;
  /** Audio per packet, in milliseconds. */
  frameMs: 10 | 20 | 40 | 60;
}

/** Measured against native `opusenc`: `docs/decisions/0002-opus-files.md`. */
export const DEFAULT_OPUS_SETTINGS: Readonly<OpusSettings> = Object.freeze({
  numChannels: 1,
  bitrate: 24_000,
  complexity: 9,
  application: 'audio',
  signal: 'voice',
  frameMs: 20,
});

/** Where an encoding's packets and its failure go. */
export interface OpusSink {
  /** The next packet, in order. */
  packet(bytes: Uint8Array): void;
  /** Once, and nothing after it. */
  error(error: TurntapeError): void;
}

/** Something that encodes Opus. All engines sit behind one Ogg writer: what they give are packets. */
export interface OpusEngine {
  /** In every segment's `capture.encoder`. */
  readonly name: string;
  /** Whether this engine can encode with these settings here. Rejects with `invalid_argument` if none ever could. */
  supports(settings: OpusSettings): Promise<boolean>;
  /** Begins a stream. Throws `invalid_argument` for settings that no encoder takes, `unsupported_format` without one. */
  open(settings: OpusSettings, sink: OpusSink): OpusEncoding;
}

/** One stream of packets. */
export interface OpusEncoding {
  /** Frames of silence at the start of the decoded stream, at 48 kHz; libopus' own until the encoder has told. */
  readonly preSkip: number;
  /**
   * One packet's frames at 48 kHz, interleaved when stereo. Takes the array: it must not be written to again. An engine
   * that is slower than the audio lets frames wait; it never drops any.
   */
  encode(frames: Float32Array<ArrayBuffer>): void;
  /** Settles when every packet is out. Rejects with what the sink's `error` was told. */
  flush(): Promise<void>;
  /** Gives up what is not out and frees the encoder. */
  close(): void;
}
