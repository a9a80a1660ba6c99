import { TurntapeError } from '../core/errors.ts';
import { joined } from './joined.ts';
import { type OggOpusOptions, OggOpusWriter, packetsNeeded } from './ogg-opus.ts';
import { requireOpusPacket } from './opus-decoding.ts';
import { LIBOPUS_PRE_SKIP, OPUS_RATE, opusPacketFrames } from './opus-head.ts';

/** Opus packets that become a file. */
export interface OggOpusPackets {
  /** In order. Mono and stereo may change from packet to packet; the file has two channels when any of them has. */
  packets: readonly Uint8Array[];
  /** Frames at 48 kHz at the start that are no audio. Default 312, the delay of libopus; of a call that was joined late, 0. */
  preSkip?: number;
  /** Frames at 48 kHz that the file decodes to. Default: all that the packets hold. */
  samples?: number;
  /** Of the audio before it was encoded, in Hz; for information only. Default 48000. */
  inputSampleRate?: number;
  /** `NAME=value` pairs for the comment header. None by default. */
  comments?: Readonly<Record<string, string>>;
}

/** The second channel, in a packet's first byte. */
const STEREO = 0x04;

/**
 * A playable Ogg Opus file of packets as they are: right channel count, pre-skip and positions, its end trimmed to the sample.
 * Nothing is decoded, and the same packets make the same bytes. No packets make a valid file of no samples.
 * @throws TurntapeError `invalid_argument` with the field: `packets`, `preSkip`, `samples`.
 */
export function oggOpusFile(options: OggOpusPackets): Uint8Array<ArrayBuffer> {
  const { packets, preSkip = LIBOPUS_PRE_SKIP, inputSampleRate = OPUS_RATE, comments = {} } = options;
  for (const packet of packets) requireOpusPacket(packet, 'packets');
  requireWhole(preSkip, 'preSkip', 65_535);
  const held = Math.max(0, packets.reduce((sum, packet) => sum + opusPacketFrames(packet), 0) - preSkip);
  const { samples = held } = options;
  requireWhole(samples, 'samples', held);
  return writeOggOpus(packets, { numChannels: channelsOf(packets), preSkip, inputSampleRate, comments }, samples);
}

/** The packets of a file of so many samples, which they must hold, behind its headers. */
export function writeOggOpus(
  packets: readonly Uint8Array[],
  head: OggOpusOptions,
  samples: number,
): Uint8Array<ArrayBuffer> {
  const pages: Uint8Array[] = [];
  const writer = new OggOpusWriter(head, (page) => pages.push(page));
  for (const packet of packets.slice(0, packetsNeeded(packets, head.preSkip, samples))) writer.packet(packet);
  writer.end(samples);
  return joined(pages);
}

/** 2 when any of the packets has two. */
export function channelsOf(packets: readonly Uint8Array[]): 1 | 2 {
  return packets.some(([toc = 0]) => toc & STEREO) ? 2 : 1;
}

function requireWhole(value: number, field: string, most: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= most) return;
  throw new TurntapeError('invalid_argument', `${field} must be a whole number from 0 to ${most}, not ${value}`, {
    field,
  });
}
