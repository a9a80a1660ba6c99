import { TurntapeError } from '../core/errors.ts';
import { opusPacketFrames } from './opus-head.ts';

/** Where decoded audio goes: mono, 48 kHz. */
export interface OpusDecodingSink {
  pcm(samples: Float32Array): void;
  /** Once, and nothing after it. */
  error(error: TurntapeError): void;
}

/** One stream of Opus packets on its way back to audio. */
export interface OpusDecoding {
  decode(packet: Uint8Array): void;
  /** Settles when it has not too much to do, or has failed: whoever has a whole file waits for it before each packet. */
  room(): Promise<void>;
  /** Settles when everything given is out. The next packet begins a new stream. */
  flush(): Promise<void>;
  close(): void;
}

/** The package's own decoder, in WebAssembly. */
export interface OpusDecoderEngine {
  open(sink: OpusDecodingSink, numChannels: 1 | 2): Promise<OpusDecoding>;
}

/** A packet holds 120 ms at most. */
const MOST_FRAMES = 5_760;

/** 48 frames of 2.5 ms at their largest. A chunk counts a packet's bytes in 16 bits. */
const MOST_BYTES = 48 * 1_275 + 50;

/** Throws `invalid_argument` with the field, `packet` by default, for bytes that are no Opus packet (RFC 6716, 3.4). */
export function requireOpusPacket(packet: unknown, field = 'packet'): asserts packet is Uint8Array {
  const isPacket = packet instanceof Uint8Array && packet.length > 0 && packet.length <= MOST_BYTES;
  const frames = isPacket ? opusPacketFrames(packet) : 0;
  if (frames > 0 && frames <= MOST_FRAMES) return;
  throw new TurntapeError('invalid_argument', `${field} must be Opus packets, each as its bytes`, { field });
}

/** Mono: the average of the channels, as a tap makes it. */
export function mixed([first = new Float32Array(0), ...others]: readonly Float32Array[]): Float32Array {
  if (others.length === 0) return first;
  return first.map((sample, n) => others.reduce((sum, other) => sum + (other[n] ?? 0), sample) / (others.length + 1));
}

export function decodingFailed(cause: unknown): TurntapeError {
  return new TurntapeError('invalid_argument', 'the Opus packets could not be decoded', { field: 'packet', cause });
}
