import { TurntapeError } from '../core/errors.ts';

/**
 * A chunk of Opus (or of MP3, whose units take the packets' place and whose rate is the file's) is a run of packets with their lengths, not a piece of an Ogg file. Pages are made when the file is:
 * the end can then be trimmed to the sample, a page holds a second instead of a chunk, and the file after a crash is
 * built by the same code as any other.
 *
 * Layout, little-endian: version (1 byte), channels (1), pre-skip (2), end trim (2), then each packet as length (2) and
 * bytes. Every chunk says how to decode it, so that any run of them is enough for a file.
 */
export interface PacketChunk {
  numChannels: 1 | 2;
  /** Frames at 48 kHz to drop at the start of the whole stream. */
  preSkip: number;
  /** Frames at 48 kHz at the end of this chunk that are padding. Not 0 only in a stream's last chunk. */
  endTrim: number;
  packets: readonly Uint8Array[];
}

const VERSION = 1;
const HEADER_BYTES = 6;
const LENGTH_BYTES = 2;

/** The chunk as the bytes that are kept. */
export function writePacketChunk(chunk: PacketChunk): ArrayBuffer {
  const bytes = new Uint8Array(chunk.packets.reduce((sum, packet) => sum + LENGTH_BYTES + packet.length, HEADER_BYTES));
  const view = new DataView(bytes.buffer);
  bytes[0] = VERSION;
  bytes[1] = chunk.numChannels;
  view.setUint16(2, chunk.preSkip, true);
  view.setUint16(4, chunk.endTrim, true);
  let offset = HEADER_BYTES;
  for (const packet of chunk.packets) {
    view.setUint16(offset, packet.length, true);
    bytes.set(packet, offset + LENGTH_BYTES);
    offset += LENGTH_BYTES + packet.length;
  }
  return bytes.buffer;
}

/** The chunk again. Its packets are views of the buffer. Throws `storage_failed` when the bytes are not a whole chunk. */
export function readPacketChunk(buffer: ArrayBuffer): PacketChunk {
  if (buffer.byteLength < HEADER_BYTES) throw damaged('it is shorter than its header');
  const view = new DataView(buffer);
  const version = view.getUint8(0);
  if (version !== VERSION) throw damaged(`it says version ${version}`);
  const numChannels = view.getUint8(1);
  if (numChannels !== 1 && numChannels !== 2) throw damaged(`it says ${numChannels} channels`);
  const packets: Uint8Array[] = [];
  let offset = HEADER_BYTES;
  while (offset < buffer.byteLength) {
    const left = buffer.byteLength - offset - LENGTH_BYTES;
    const length = left < 0 ? Infinity : view.getUint16(offset, true);
    if (length > left) throw damaged('it ends within a packet');
    packets.push(new Uint8Array(buffer, offset + LENGTH_BYTES, length));
    offset += LENGTH_BYTES + length;
  }
  return { numChannels, preSkip: view.getUint16(2, true), endTrim: view.getUint16(4, true), packets };
}

function damaged(how: string): TurntapeError {
  return new TurntapeError('storage_failed', `a chunk of packets is damaged: ${how}`);
}
