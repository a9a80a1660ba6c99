import opusRecorder from 'opus-recorder/dist/encoderWorker.min.js';
import { TurntapeError } from '../../core/errors.ts';
import type { OpusEncoding, OpusEngine, OpusSettings, OpusSink } from '../opus-engine.ts';
import { LIBOPUS_PRE_SKIP, OPUS_RATE } from '../opus-head.ts';

/**
 * libopus 1.3.1 as opus-recorder compiles it, without its Ogg writer: that one declares a pre-skip of 3840 where the
 * encoder's delay is 312, so that the first 73.5 ms of every file vanish at decode. This is `dist/opus.encoder.js`, which
 * the engine imports where the browser has no encoder, or by option.
 */
const LIBRARY = 'opus-recorder 8.0.5, libopus 1.3.1';

/** Of `opus_defines.h`. */
const APPLICATION = { voip: 2048, audio: 2049 } as const;
const SIGNAL = { auto: -1000, voice: 3001, music: 3002 } as const;
const SET_BITRATE = 4002;
const SET_VBR = 4006;
const SET_COMPLEXITY = 4010;
const SET_INBAND_FEC = 4012;
const SET_PACKET_LOSS_PERC = 4014;
const SET_SIGNAL = 4024;
const GET_LOOKAHEAD = 4027;

/** Of one packet: RFC 6716 knows frames of at most 1275 bytes, and one of 60 ms holds three of 20. */
const LARGEST_PACKET_BYTES = 3 * 1275 + 7;

/**
 * Packets that are encoded in one turn of the event loop; what is beyond waits, so that a backlog does not hold up the
 * detector. 16 of 20 ms take about 6 ms. A live turn has one or two.
 */
const PACKETS_AT_ONCE = 16;

const {
  HEAP32,
  HEAPF32,
  HEAPU8,
  calledRun,
  _malloc: allocate,
  _free: free,
  _opus_encoder_create: createEncoder,
  _opus_encoder_ctl: controlEncoder,
  _opus_encode_float: encodeFloat,
  _opus_encoder_destroy: destroyEncoder,
} = opusRecorder.Module;

/** Of a 32-bit number. */
const BYTES = 4;

/** The engine; its WebAssembly was started by the import. Rejects with `encoder_failed` when it was not. */
export async function loadOpusEncoder(): Promise<OpusEngine> {
  if (!calledRun) throw new TurntapeError('encoder_failed', 'the WebAssembly of the Opus encoder did not start');
  return {
    name: 'wasm',
    library: LIBRARY,
    supports: () => Promise.resolve(true),
    open: (settings, sink) => new WasmEncoding(settings, sink),
  };
}

class WasmEncoding implements OpusEncoding {
  readonly preSkip: number;
  readonly #sink: OpusSink;
  readonly #numChannels: number;
  readonly #encoder: number;
  readonly #pcm: number;
  readonly #packet: number;
  #waiting: Float32Array<ArrayBuffer>[] = [];
  #encodedNow = 0;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #failure: TurntapeError | undefined;
  #closed = false;
  #whenDone: (() => void) | undefined;

  constructor(settings: OpusSettings, sink: OpusSink) {
    const { application, bitrate, bitrateMode, complexity, expectedLossPercent, frameMs, numChannels, signal } =
      settings;
    this.#sink = sink;
    this.#numChannels = numChannels;
    this.#pcm = allocate(((frameMs * OPUS_RATE) / 1000) * numChannels * BYTES);
    this.#packet = allocate(LARGEST_PACKET_BYTES);
    this.#encoder = createEncoder(OPUS_RATE, numChannels, APPLICATION[application], this.#packet);
    if (this.#encoder === 0 || this.#pcm === 0 || this.#packet === 0)
      throw new TurntapeError('encoder_failed', 'libopus has no memory for another encoder');
    this.#set(SET_BITRATE, bitrate);
    this.#set(SET_VBR, bitrateMode === 'variable' ? 1 : 0);
    this.#set(SET_COMPLEXITY, complexity);
    this.#set(SET_SIGNAL, SIGNAL[signal]);
    this.#set(SET_INBAND_FEC, expectedLossPercent > 0 ? 1 : 0);
    this.#set(SET_PACKET_LOSS_PERC, expectedLossPercent);
    this.preSkip = this.#lookAhead();
  }

  encode(frames: Float32Array<ArrayBuffer>): void {
    if (this.#closed || this.#failure) return;
    this.#waiting.push(frames);
    this.#work();
  }

  async flush(): Promise<void> {
    if (this.#waiting.length > 0) await new Promise<void>((resolve) => (this.#whenDone = resolve));
    if (this.#failure) throw this.#failure;
    if (this.#waiting.length > 0) throw new TurntapeError('aborted', 'the encoder was closed before it was done');
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#pause);
    destroyEncoder(this.#encoder);
    free(this.#pcm);
    free(this.#packet);
    this.#whenDone?.();
  }

  #work(): void {
    while (this.#encodedNow < PACKETS_AT_ONCE && !this.#failure) {
      const frames = this.#waiting.shift();
      if (!frames) break;
      this.#encodedNow += 1;
      this.#encodeOne(frames);
    }
    // What waits goes on, and the count begins anew, when everybody else has had a turn.
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined;
      this.#encodedNow = 0;
      if (this.#waiting.length > 0) this.#work();
    });
    if (this.#waiting.length === 0 || this.#failure) this.#whenDone?.();
  }

  #encodeOne(frames: Float32Array<ArrayBuffer>): void {
    HEAPF32.set(frames, this.#pcm / BYTES);
    const perChannel = frames.length / this.#numChannels;
    const bytes = encodeFloat(this.#encoder, this.#pcm, perChannel, this.#packet, LARGEST_PACKET_BYTES);
    if (bytes > 0) {
      this.#sink.packet(HEAPU8.slice(this.#packet, this.#packet + bytes));
      return;
    }
    this.#failure = new TurntapeError('encoder_failed', `libopus answers ${bytes}`);
    this.#sink.error(this.#failure);
  }

  #set(request: number, value: number): void {
    const answer = this.#control(request, value);
    if (answer === 0) return;
    this.close();
    throw new TurntapeError('invalid_argument', 'no Opus encoder takes these settings', { field: 'opus' });
  }

  #lookAhead(): number {
    // The packet's room is free yet: libopus writes the answer there.
    const answer = this.#control(GET_LOOKAHEAD, this.#packet);
    return answer === 0 ? (HEAP32[this.#packet / BYTES] ?? 0) : LIBOPUS_PRE_SKIP;
  }

  /** A variadic function of C gets a pointer to its arguments. */
  #control(request: number, argument: number): number {
    const place = allocate(BYTES);
    HEAP32[place / BYTES] = argument;
    const answer = controlEncoder(this.#encoder, request, place);
    free(place);
    return answer;
  }
}
