import type { TurntapeError } from '../core/errors.ts';
import { DEFAULT_OPUS_OPTIONS, type OpusOptions } from '../core/opus-options.ts';

/** How a stream of Opus is encoded. Plain data: it goes into every segment's `capture.encoder`. */
export interface OpusSettings extends Omit<OpusOptions, 'engine'> {
  numChannels: 1 | 2;
  /** Target, bit/s, 6000 … 510000. */
  bitrate: number;
}

const { engine: _, ...DEFAULTS } = DEFAULT_OPUS_OPTIONS;

/** Measured against native `opusenc`: `docs/decisions/0002-opus-files.md`. */
export const DEFAULT_OPUS_SETTINGS: Readonly<OpusSettings> = Object.freeze({
  ...DEFAULTS,
  numChannels: 1,
  bitrate: 24_000,
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
  /** The code that encodes, with its version, where that is known. In every segment's `capture.encoder` too. */
  readonly library?: string;
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
