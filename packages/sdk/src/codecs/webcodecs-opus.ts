import { TurntapeError } from '../core/errors.ts';
import type { OpusApplication, OpusSignal } from '../core/opus-options.ts';
import { LIBOPUS_PRE_SKIP, OPUS_RATE, readPreSkip } from './opus-head.ts';
import type { OpusEncoding, OpusEngine, OpusSettings, OpusSink } from './opus-engine.ts';

/**
 * Packets handed to the browser at once; what is beyond waits here, as PCM. A live turn has one or two under way. 32
 * are enough to keep the encoder busy when a backlog is worked off, and hold less than a second.
 */
const LARGEST_QUEUE = 32;

/** Members of the Opus registration that TypeScript's library does not know yet. */
interface OpusConfig extends OpusEncoderConfig {
  application: OpusApplication;
  signal: OpusSignal;
}

/** The browser's own encoder: libopus in Chromium, Firefox and Safari, run outside our thread. */
export const webCodecsOpus: OpusEngine = {
  name: 'webcodecs',
  async supports(settings) {
    if (typeof AudioEncoder === 'undefined') return false;
    try {
      const { supported } = await AudioEncoder.isConfigSupported(encoderConfig(settings));
      return supported === true;
    } catch (cause) {
      throw settingsRefused(cause);
    }
  },
  open(settings, sink) {
    if (typeof AudioEncoder === 'undefined') throw opusUnsupported();
    return new WebCodecsEncoding(settings, sink);
  },
};

/** The error for a browser that cannot encode Opus, with its way out. */
export function opusUnsupported(cause?: unknown): TurntapeError {
  return new TurntapeError(
    'unsupported_format',
    "this browser cannot encode Opus (no WebCodecs AudioEncoder for it): use encoder.engine 'wasm' or format 'wav'",
    { field: 'format', cause },
  );
}

function settingsRefused(cause: unknown): TurntapeError {
  return new TurntapeError('invalid_argument', 'no Opus encoder takes these settings', { field: 'opus', cause });
}

function encoderConfig(settings: OpusSettings): AudioEncoderConfig {
  const { application, bitrate, bitrateMode, complexity, expectedLossPercent, frameMs, numChannels, signal } = settings;
  const opus: OpusConfig = {
    application,
    complexity,
    format: 'opus',
    frameDuration: frameMs * 1000,
    packetlossperc: expectedLossPercent,
    signal,
    useinbandfec: expectedLossPercent > 0,
  };
  return {
    codec: 'opus',
    sampleRate: OPUS_RATE,
    numberOfChannels: numChannels,
    bitrate,
    bitrateMode,
    opus,
  };
}

class WebCodecsEncoding implements OpusEncoding {
  readonly #settings: OpusSettings;
  readonly #sink: OpusSink;
  readonly #encoder: AudioEncoder;
  /** Beyond {@link LARGEST_QUEUE}, oldest first. */
  #waiting: Float32Array<ArrayBuffer>[] = [];
  #handedFrames = 0;
  #preSkip = LIBOPUS_PRE_SKIP;
  #failure: TurntapeError | undefined;
  #closed = false;
  #whenHanded: (() => void) | undefined;

  constructor(settings: OpusSettings, sink: OpusSink) {
    this.#settings = settings;
    this.#sink = sink;
    this.#encoder = new AudioEncoder({
      output: (chunk, metadata) => this.#take(chunk, metadata),
      error: (cause) => this.#fail(cause),
    });
    this.#encoder.addEventListener('dequeue', () => this.#hand());
    try {
      this.#encoder.configure(encoderConfig(settings));
    } catch (cause) {
      this.#encoder.close();
      throw settingsRefused(cause);
    }
  }

  get preSkip(): number {
    return this.#preSkip;
  }

  encode(frames: Float32Array<ArrayBuffer>): void {
    if (this.#encoder.state === 'closed') return;
    this.#waiting.push(frames);
    this.#hand();
  }

  async flush(): Promise<void> {
    if (this.#waiting.length > 0) await new Promise<void>((resolve) => (this.#whenHanded = resolve));
    if (this.#failure) throw this.#failure;
    try {
      await this.#encoder.flush();
    } catch (cause) {
      if (this.#closed) throw new TurntapeError('aborted', 'the encoder was closed before it was done', { cause });
      throw this.#failure ?? new TurntapeError('encoder_failed', 'the browser’s Opus encoder failed', { cause });
    }
  }

  close(): void {
    this.#closed = true;
    this.#waiting = [];
    if (this.#encoder.state !== 'closed') this.#encoder.close();
    this.#whenHanded?.();
  }

  #hand(): void {
    while (this.#waiting.length > 0 && this.#encoder.encodeQueueSize < LARGEST_QUEUE) {
      const data = this.#waiting.shift();
      if (!data || this.#encoder.state === 'closed') return;
      const { numChannels } = this.#settings;
      const audio = new AudioData({
        format: 'f32',
        sampleRate: OPUS_RATE,
        numberOfChannels: numChannels,
        numberOfFrames: data.length / numChannels,
        timestamp: Math.round((this.#handedFrames / OPUS_RATE) * 1e6),
        data,
        transfer: [data.buffer],
      });
      this.#handedFrames += audio.numberOfFrames;
      this.#encoder.encode(audio);
      audio.close();
    }
    if (this.#waiting.length === 0) this.#whenHanded?.();
  }

  #take(chunk: EncodedAudioChunk, metadata: EncodedAudioChunkMetadata | undefined): void {
    const description = metadata?.decoderConfig?.description;
    if (description) this.#preSkip = readPreSkip(asBytes(description)) ?? this.#preSkip;
    const bytes = new Uint8Array(chunk.byteLength);
    chunk.copyTo(bytes);
    this.#sink.packet(bytes);
  }

  #fail(cause: DOMException): void {
    this.#failure =
      cause.name === 'NotSupportedError'
        ? opusUnsupported(cause)
        : new TurntapeError('encoder_failed', 'the browser’s Opus encoder failed', { cause });
    this.#waiting = [];
    this.#whenHanded?.();
    this.#sink.error(this.#failure);
  }
}

function asBytes(source: AllowSharedBufferSource): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}
