/** The two header packets of Ogg Opus (RFC 7845, section 5), and what an Opus packet tells of itself (RFC 6716, 3.1). */

/** Opus counts time in frames of 48 kHz, whatever went in. */
export const OPUS_RATE = 48_000;

/**
 * Frames at 48 kHz that libopus looks ahead, and so the length of silence that a decoder must drop at the start. WebCodecs
 * engines give their own figure in the encoder's description; Chromium's is the same.
 */
export const LIBOPUS_PRE_SKIP = 312;

/** What the OpusHead packet says. */
export interface OpusHead {
  numChannels: 1 | 2;
  /** Frames at 48 kHz to drop at the start of the decoded stream. */
  preSkip: number;
  /** Rate of the audio before encoding, in Hz; for information only. */
  inputSampleRate: number;
  /** Each channel is a mono stream of its own: see `opus-streams.ts`. Default false: one stream. */
  uncoupled?: boolean;
}

const HEAD_BYTES = 19;
const HEAD_MAGIC = 'OpusHead';
const TAGS_MAGIC = 'OpusTags';

/** The identification header: channel mapping family 0 (1 for streams that are not coupled), no output gain. */
export function opusHead(head: OpusHead): Uint8Array {
  const mapping = head.uncoupled ? [1, head.numChannels, 0, ...Array(head.numChannels).keys()] : [0];
  const packet = new Uint8Array(HEAD_BYTES - 1 + mapping.length);
  packet.set(mapping, HEAD_BYTES - 1);
  const view = new DataView(packet.buffer);
  packet.set(utf8(HEAD_MAGIC));
  packet[8] = 1;
  packet[9] = head.numChannels;
  view.setUint16(10, head.preSkip, true);
  view.setUint32(12, head.inputSampleRate, true);
  return packet;
}

/** The pre-skip in an OpusHead packet (WebCodecs gives one as the decoder's description), or undefined if it is none. */
export function readPreSkip(description: Uint8Array): number | undefined {
  const magic = utf8(HEAD_MAGIC);
  if (description.length < HEAD_BYTES || magic.some((byte, index) => description[index] !== byte)) return undefined;
  return new DataView(description.buffer, description.byteOffset).getUint16(10, true);
}

/** The comment header. Comments are `NAME=value` pairs; names are ASCII without `=`. */
export function opusTags(vendor: string, comments: Readonly<Record<string, string>>): Uint8Array {
  const strings = [vendor, ...Object.entries(comments).map(([name, value]) => `${name}=${value}`)].map(utf8);
  const packet = new Uint8Array(strings.reduce((sum, bytes) => sum + 4 + bytes.length, TAGS_MAGIC.length + 4));
  const view = new DataView(packet.buffer);
  packet.set(utf8(TAGS_MAGIC));
  let offset = TAGS_MAGIC.length;
  for (const [index, bytes] of strings.entries()) {
    view.setUint32(offset, bytes.length, true);
    packet.set(bytes, offset + 4);
    offset += 4 + bytes.length;
    if (index > 0) continue;
    view.setUint32(offset, strings.length - 1, true);
    offset += 4;
  }
  return packet;
}

/** Frame lengths by the packet's configuration number: SILK, then hybrid, then CELT. In frames of 48 kHz. */
const SILK_FRAMES = [480, 960, 1_920, 2_880] as const;
const HYBRID_FRAMES = [480, 960] as const;
const CELT_FRAMES = [120, 240, 480, 960] as const;

/** Frames at 48 kHz that a packet decodes to: its first byte names the length and the number of Opus frames in it. */
export function opusPacketFrames(packet: Uint8Array): number {
  const [toc = 0, count = 0] = packet;
  const configuration = toc >> 3;
  let frames: number | undefined;
  if (configuration < 12) frames = SILK_FRAMES[configuration & 3];
  else if (configuration < 16) frames = HYBRID_FRAMES[configuration & 1];
  else frames = CELT_FRAMES[configuration & 3];
  const code = toc & 3;
  const packed = code === 0 ? 1 : code === 3 ? count & 63 : 2;
  return (frames ?? 0) * packed;
}

function utf8(text: string): Uint8Array {
  return UTF8.encode(text);
}

const UTF8 = new TextEncoder();
