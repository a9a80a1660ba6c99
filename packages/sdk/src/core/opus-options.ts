/** Who encodes Opus: the browser's own encoder, or the package's WebAssembly. `auto`: the browser's where it has one. */
export type OpusEngineChoice = 'auto' | 'webcodecs' | 'wasm';

/** What the encoder optimises for: `audio` keeps the wave as it is, `voip` filters out what speech does not need. */
export type OpusApplication = 'audio' | 'voip';

/** A hint about the input: `voice` lets the speech layer work at every complexity. */
export type OpusSignal = 'auto' | 'voice' | 'music';

/** Audio per packet, in milliseconds. */
export type OpusFrameMs = 10 | 20 | 40 | 60;

/** How Opus is encoded, beside its bitrate. Plain data: it goes into every segment's `capture.encoder`. */
export interface OpusOptions {
  /** Default `auto`. */
  engine: OpusEngineChoice;
  /** Default `audio`. */
  application: OpusApplication;
  /** Default `voice`. */
  signal: OpusSignal;
  /** 0 … 10: more work per packet for less loss. Default 9. */
  complexity: number;
  /** `variable`: what a packet takes depends on what is said; `constant`: every packet takes the same. Default `variable`. */
  bitrateMode: 'variable' | 'constant';
  /** Default 20. */
  frameMs: OpusFrameMs;
  /**
   * 0 … 100: of packets that get lost on a way where nothing is sent again. Above 0 each packet of speech also holds a coarse copy
   * of the one before (in-band FEC), and is worse by as much. Of no use to a file: default 0.
   */
  expectedLossPercent: number;
}

/** Chosen by measurement against native `opusenc`: `docs/decisions/0002-opus-files.md` and `0017-opus-engines.md`. */
export const DEFAULT_OPUS_OPTIONS = Object.freeze({
  engine: 'auto',
  application: 'audio',
  signal: 'voice',
  complexity: 9,
  bitrateMode: 'variable',
  frameMs: 20,
  expectedLossPercent: 0,
} as const satisfies OpusOptions);
