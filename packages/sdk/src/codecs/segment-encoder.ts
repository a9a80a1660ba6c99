import { TurntapeError } from '../core/errors.ts';
import type { SegmentFormat } from '../core/segment.ts';
import type { ChunkSink, SegmentEncoder } from './encoder-contract.ts';
import { MP3_RATES } from '../core/mp3-rates.ts';
import { DEFAULT_OPUS_OPTIONS, type OpusOptions } from '../core/opus-options.ts';
import type { OpusEngine, OpusSettings } from './opus-engine.ts';
import { type Mp3Engine, type Mp3Settings, nearestBitrate } from './mp3/mp3-engine.ts';
import { Mp3SegmentEncoder } from './mp3/mp3-segment-encoder.ts';
import { OPUS_RATE } from './opus-head.ts';
import { OpusSegmentEncoder } from './opus-segment-encoder.ts';
import { wasmCodecs } from './wasm/wasm-codecs.ts';
import { WavSegmentEncoder } from './wav-segment-encoder.ts';
import { opusUnsupported, webCodecsOpus } from './webcodecs-opus.ts';

export type { ChunkSink, SegmentEncoder } from './encoder-contract.ts';

/** What the encoder of a segment has to know. */
export interface EncoderChoice {
  format: SegmentFormat;
  /** Of the samples that are written and of the file, in Hz. Opus: 48000. */
  sampleRate: number;
  /** Opus and MP3, bit/s, 6000 … 510000. MP3 takes the nearest that it has. */
  bitrate: number;
  /** Opus only; {@link DEFAULT_OPUS_OPTIONS} otherwise. */
  opus?: Partial<OpusOptions>;
}

export interface SegmentEncoderOptions extends EncoderChoice {
  /** Audio per chunk at most, in milliseconds: the unit of loss. For Opus whole packets of 20 ms, at least one. */
  chunkMs: number;
  onChunk: ChunkSink;
  /** Once, when the encoder failed; what is written after it is lost. */
  onError: (error: TurntapeError) => void;
}

/**
 * Starts the encoder of one segment. Throws `invalid_argument` for options that no encoder takes and `unsupported_format`
 * when there is no such encoder here: one in WebAssembly is there after {@link checkEncoder} has settled for the same
 * choice. A browser's encoder that turns out to lack it later says so by `onError`.
 */
export function createSegmentEncoder(options: SegmentEncoderOptions): SegmentEncoder {
  checkChoice(options);
  const { chunkMs, format, onChunk, onError, sampleRate } = options;
  if (!(chunkMs > 0 && chunkMs < Infinity)) throw invalid('chunkMs', `must be above 0, not ${chunkMs}`);
  const encoder =
    format === 'wav'
      ? new WavSegmentEncoder(sampleRate, chunkMs, onChunk)
      : format === 'mp3'
        ? new Mp3SegmentEncoder(mp3Engine(), mp3Settings(options), chunkMs, onChunk, onError)
        : new OpusSegmentEncoder(opusEngine(options), opusSettings(options), chunkMs, onChunk, onError);
  return new GuardedEncoder(encoder);
}

/**
 * Makes sure of an encoder before anything is recorded: asks the browser, and loads the package's own where it has none.
 * Rejects as {@link createSegmentEncoder} throws, with `asset_not_found` when the file of the encoder is not there, and
 * with `encoder_failed` where a content security policy forbids WebAssembly.
 */
export async function checkEncoder(choice: EncoderChoice): Promise<void> {
  checkChoice(choice);
  if (choice.format === 'mp3') await wasmCodecs.loadMp3Encoder();
  if (choice.format !== 'opus') return;
  const { engine = DEFAULT_OPUS_OPTIONS.engine } = choice.opus ?? {};
  if (engine !== 'wasm') {
    browserEncodes = await webCodecsOpus.supports(opusSettings(choice));
    if (browserEncodes) return;
    if (engine === 'webcodecs' || !wasmCodecs.located) throw opusUnsupported();
  }
  await wasmCodecs.loadOpusEncoder();
}

/** What the browser answered last. Before anybody asked it is believed to have an encoder, if it has the interface. */
let browserEncodes: boolean | undefined;

function opusEngine({ opus }: EncoderChoice): OpusEngine {
  const { engine = DEFAULT_OPUS_OPTIONS.engine } = opus ?? {};
  const wasm = wasmCodecs.opusEncoder;
  if (engine === 'wasm') {
    if (wasm) return wasm;
    throw new TurntapeError('unsupported_format', 'the WebAssembly encoder is not loaded', { field: 'encoder.engine' });
  }
  const browser = browserEncodes ?? typeof AudioEncoder !== 'undefined';
  return engine === 'auto' && !browser && wasm ? wasm : webCodecsOpus;
}

function mp3Engine(): Mp3Engine {
  if (wasmCodecs.mp3Encoder) return wasmCodecs.mp3Encoder;
  throw new TurntapeError('unsupported_format', 'the MP3 encoder is not loaded', { field: 'format' });
}

function mp3Settings({ bitrate, sampleRate }: EncoderChoice): Mp3Settings {
  return { numChannels: 1, sampleRate, bitrate: nearestBitrate(sampleRate, bitrate) };
}

function opusSettings({ bitrate, opus }: EncoderChoice): OpusSettings {
  const { engine: _, ...options } = { ...DEFAULT_OPUS_OPTIONS, ...opus };
  return { ...options, numChannels: 1, bitrate };
}

function checkChoice({ bitrate, format, sampleRate }: EncoderChoice): void {
  if (format !== 'opus' && format !== 'wav' && format !== 'mp3') {
    throw new TurntapeError('unsupported_format', `no such format: ${String(format)}`, { field: 'format' });
  }
  if (!Number.isInteger(sampleRate) || sampleRate <= 0) {
    throw invalid('sampleRate', `must be a whole number of Hz above 0, not ${sampleRate}`);
  }
  if (format === 'wav') return;
  if (format === 'mp3' && !MP3_RATES.includes(sampleRate)) {
    throw invalid('sampleRate', `of MP3 is one of ${MP3_RATES.join(', ')}, not ${sampleRate}`);
  }
  if (format === 'opus' && sampleRate !== OPUS_RATE) {
    throw invalid('sampleRate', `of Opus is ${OPUS_RATE}, not ${sampleRate}`);
  }
  if (!(bitrate >= 6_000 && bitrate <= 510_000)) throw invalid('bitrate', `must be 6000 to 510000, not ${bitrate}`);
}

function invalid(field: string, what: string): TurntapeError {
  return new TurntapeError('invalid_argument', `${field} ${what}`, { field });
}

/** Every format's order of calls: written, finished once, closed any number of times. */
class GuardedEncoder implements SegmentEncoder {
  readonly #encoder: SegmentEncoder;
  #finished: Promise<void> | undefined;
  #closed = false;

  constructor(encoder: SegmentEncoder) {
    this.#encoder = encoder;
  }

  get facts(): Readonly<Record<string, unknown>> {
    return this.#encoder.facts;
  }

  get samples(): number {
    return this.#encoder.samples;
  }

  get queuedSamples(): number {
    return this.#encoder.queuedSamples;
  }

  write(samples: Float32Array): void {
    if (this.#finished || this.#closed) throw new TurntapeError('turn_ended', 'the segment’s encoder has ended');
    this.#encoder.write(samples);
  }

  flush(): void {
    if (!this.#finished && !this.#closed) this.#encoder.flush();
  }

  finish(): Promise<void> {
    if (this.#closed && !this.#finished) {
      return Promise.reject(new TurntapeError('aborted', 'the segment’s encoder was closed before it was finished'));
    }
    this.#finished ??= this.#encoder.finish();
    return this.#finished;
  }

  close(): void {
    this.#closed = true;
    this.#encoder.close();
  }
}
