/** How MP3 is encoded. Plain data: it goes into every segment's `capture.encoder`. */
export interface Mp3Settings {
  numChannels: 1 | 2;
  /** One of `MP3_RATES`, in Hz. */
  sampleRate: number;
  /** One of {@link lameBitrates} for the rate, bit/s; constant. */
  bitrate: number;
}

/** Something that encodes MP3. */
export interface Mp3Engine {
  /** In every segment's `capture.encoder`, both. */
  readonly name: string;
  readonly library: string;
  /** Begins a stream. */
  open(settings: Mp3Settings): Promise<Mp3Encoding>;
}

/** One stream. Every call gives the bytes that are complete, which may end in the middle of a frame. */
export interface Mp3Encoding {
  /** The next samples of each channel. */
  encode(channels: readonly Float32Array[]): Uint8Array;
  /** The rest. */
  finish(): Uint8Array;
  /** Frees the encoder. Harmless when repeated. */
  close(): void;
}

/** kbit/s that wasm-media-encoders takes: 56 and 144 are not among them. */
const LAME_KILOBITS = [8, 16, 24, 32, 40, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320] as const;

/** LAME writes no more than this below 16 kHz. */
const MOST_BELOW_16000 = 64;

/** The bitrates that there are at a rate, in bit/s. */
export function lameBitrates(sampleRate: number): number[] {
  const [least, most] = sampleRate >= 32_000 ? [32, 320] : sampleRate >= 16_000 ? [8, 160] : [8, MOST_BELOW_16000];
  return LAME_KILOBITS.filter((kilobits) => kilobits >= least && kilobits <= most).map((kilobits) => kilobits * 1000);
}

/** Of {@link lameBitrates} the one nearest to what was asked for. */
export function nearestBitrate(sampleRate: number, asked: number): number {
  return lameBitrates(sampleRate).reduce((best, each) =>
    Math.abs(each - asked) < Math.abs(best - asked) ? each : best,
  );
}
