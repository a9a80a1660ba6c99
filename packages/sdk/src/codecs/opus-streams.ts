import { joined } from './joined.ts';

/**
 * Several mono streams in one Ogg Opus file: each packet of the file holds one packet of each stream (RFC 7845, 5.1.1), all
 * but the last with their length written in (RFC 6716, appendix B). So channels are joined, taken apart and silenced
 * without touching what was encoded.
 */

/** One packet of the file from one packet of each stream. They must be of the same length in time. */
export function joinStreams(packets: readonly Uint8Array[]): Uint8Array {
  return joined(packets.map((packet, index) => (index < packets.length - 1 ? selfDelimited(packet) : packet)));
}

/** The packet with the length of its last frame (of every frame, where all are of one length) before its frames. */
function selfDelimited(packet: Uint8Array): Uint8Array {
  const { at, length } = lastFrame(packet);
  const written = frameLength(length);
  const out = new Uint8Array(packet.length + written.length);
  out.set(packet.subarray(0, at));
  out.set(written, at);
  out.set(packet.subarray(at), at + written.length);
  return out;
}

/** Where the length belongs, and what it is. By the packet's code: one frame, two alike, two, or as many as it says. */
function lastFrame(packet: Uint8Array): { at: number; length: number } {
  const code = (packet[0] ?? 0) & 3;
  if (code === 0) return { at: 1, length: packet.length - 1 };
  if (code === 1) return { at: 1, length: (packet.length - 1) / 2 };
  if (code === 2) {
    const first = readLength(packet, 1);
    return { at: 1 + first.bytes, length: packet.length - 1 - first.bytes - first.length };
  }
  const flags = packet[1] ?? 0;
  const frames = flags & 63;
  let at = 2;
  let padding = 0;
  if ((flags & 0x40) !== 0)
    for (let byte = 255; byte === 255; at += 1) {
      byte = packet[at] ?? 0;
      padding += byte === 255 ? 254 : byte;
    }
  let known = 0;
  if ((flags & 0x80) === 0) return { at, length: (packet.length - at - padding) / frames };
  for (let frame = 1; frame < frames; frame += 1) {
    const { bytes, length } = readLength(packet, at);
    at += bytes;
    known += length;
  }
  return { at, length: packet.length - at - padding - known };
}

function readLength(packet: Uint8Array, at: number): { bytes: number; length: number } {
  const first = packet[at] ?? 0;
  return first < 252 ? { bytes: 1, length: first } : { bytes: 2, length: first + 4 * (packet[at + 1] ?? 0) };
}

function frameLength(length: number): Uint8Array {
  if (length < 252) return Uint8Array.of(length);
  const first = 252 + (length & 3);
  return Uint8Array.of(first, (length - first) / 4);
}
