import { HEADER_BYTES, type Mp3Header, readMp3Header, sideInfoBytes } from './mp3-header.ts';

/**
 * A unit is one MP3 frame with the bytes that it is made of and no others: header, side information, and its own main
 * data, wherever that lay. (RFC 5219 calls it an ADU.) In a file the main data of a frame begins in the bodies of frames
 * before it, up to 511 bytes back: the bit reservoir. A unit can be stored, dropped or silenced without its neighbours;
 * a file is laid out from units by `mp3-file.ts`.
 */
export interface Mp3Unit {
  header: Mp3Header;
  /** Bytes back from the end of the frame before, to where the main data begins. */
  reach: number;
  bytes: Uint8Array;
  /** Of {@link bytes}, where the main data begins. */
  dataAt: number;
}

/** Bits of a granule's description in the side information, of one channel, and of the length at its start. */
const GRANULE_BITS = { 1: 59, 2: 63, 2.5: 63 } as const;
const LENGTH_BITS = 12;

/** Reads a unit. Undefined: the bytes are none. */
export function readUnit(bytes: Uint8Array): Mp3Unit | undefined {
  const header = readMp3Header(bytes);
  if (!header) return undefined;
  const dataAt = HEADER_BYTES + sideInfoBytes(header);
  if (bytes.length < dataAt) return undefined;
  return { header, reach: readBits(bytes, HEADER_BYTES * 8, header.mpeg === 1 ? 9 : 8), bytes, dataAt };
}

/** Bytes of main data that a frame's side information speaks of. `bytes` begin with its header. */
export function mainDataBytes(bytes: Uint8Array, header: Mp3Header): number {
  let bits = 0;
  for (const at of granulePlaces(header)) bits += readBits(bytes, at, LENGTH_BITS);
  return Math.ceil(bits / 8);
}

/**
 * The same frame without sound: its granules are described as empty, its main data is gone. It keeps its size and place
 * in the file, so that its neighbours' data stays where it was.
 */
export function silentUnit(unit: Mp3Unit): Uint8Array<ArrayBuffer> {
  const silent = unit.bytes.slice(0, unit.dataAt);
  for (const at of granulePlaces(unit.header)) clearBits(silent, at, GRANULE_BITS[unit.header.mpeg]);
  return silent;
}

/** Where each granule of each channel is described, in bits from the frame's start. */
function granulePlaces({ mpeg, numChannels }: Mp3Header): number[] {
  const count = (mpeg === 1 ? 2 : 1) * numChannels;
  // Before them: where the data begins, private bits, and in MPEG 1 what the second granule takes from the first.
  const first = mpeg === 1 ? (numChannels === 1 ? 18 : 20) : numChannels === 1 ? 9 : 10;
  return Array.from({ length: count }, (_, index) => HEADER_BYTES * 8 + first + index * GRANULE_BITS[mpeg]);
}

function readBits(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let bit = at; bit < at + count; bit += 1)
    value = (value << 1) | (((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1);
  return value;
}

function clearBits(bytes: Uint8Array, at: number, count: number): void {
  for (let bit = at; bit < at + count; bit += 1) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) & ~(0x80 >> (bit & 7));
}
