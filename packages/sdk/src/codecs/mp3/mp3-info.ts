import { readMp3Header, sideInfoBytes, writeMp3Header } from './mp3-header.ts';
import type { Mp3Header } from './mp3-header.ts';

/**
 * The Info frame: the first frame of a file, silent to decoders that do not know it, which says how many frames follow and
 * how many samples at both ends are not audio (Xing's header with LAME's extension).
 */
export interface Mp3Info {
  /** Frames after this one. */
  frames: number;
  /** Of the whole file, this frame included. */
  bytes: number;
  /** Of the audio, bit/s. */
  bitrate: number;
  /** Samples to drop at both ends, the decoder's own delay not counted: 12 bits each. */
  delay: number;
  padding: number;
  /** CRC-16 of all that follows this frame; 0 in a stream, which begins before it is known. */
  audioChecksum: number;
}

const MAGIC = 'Info';
/** Players believe the delays of encoders that they know by name; the frames are LAME's. */
const ENCODER = 'LAME3.100';
/** Number of frames, of bytes, table of contents, quality. */
const FIELDS = 0x0f;
const SEEK_POINTS = 100;
const CONSTANT_BITRATE = 1;
const EXTENSION_AT = 4 + 4 + 4 + 4 + SEEK_POINTS + 4;
const DELAYS_AT = EXTENSION_AT + 21;
const MUSIC_AT = EXTENSION_AT + 28;
const CHECKSUM_AT = EXTENSION_AT + 34;

/** From the end of the side information. */
export const INFO_BYTES = CHECKSUM_AT + 2;

/** Writes the frame at the beginning of `file`, where there is room for it. */
export function writeInfo(file: Uint8Array, header: Mp3Header, info: Mp3Info): void {
  file.set(writeMp3Header(header));
  const start = 4 + sideInfoBytes(header);
  const view = new DataView(file.buffer, file.byteOffset + start);
  ascii(file, start, MAGIC);
  view.setUint32(4, FIELDS);
  view.setUint32(8, info.frames);
  view.setUint32(12, info.bytes);
  for (let point = 0; point < SEEK_POINTS; point += 1)
    view.setUint8(16 + point, Math.floor((point * 256) / SEEK_POINTS));
  ascii(file, start + EXTENSION_AT, ENCODER);
  view.setUint8(EXTENSION_AT + 9, CONSTANT_BITRATE);
  view.setUint8(EXTENSION_AT + 20, Math.min(255, info.bitrate / 1000));
  view.setUint8(DELAYS_AT, info.delay >> 4);
  view.setUint16(DELAYS_AT + 1, ((info.delay & 15) << 12) | info.padding);
  view.setUint32(MUSIC_AT, info.bytes);
  view.setUint16(MUSIC_AT + 4, info.audioChecksum);
  view.setUint16(CHECKSUM_AT, crc16(file.subarray(0, start + CHECKSUM_AT)));
}

/** What the first frame of a file says, or undefined: it is no Info frame of ours. */
export function readInfo(file: Uint8Array): (Pick<Mp3Info, 'delay' | 'padding'> & { header: Mp3Header }) | undefined {
  const header = readMp3Header(file);
  if (!header) return undefined;
  const start = 4 + sideInfoBytes(header);
  const text = (at: number, length: number): string =>
    String.fromCharCode(...file.subarray(start + at, start + at + length));
  if (text(0, 4) !== MAGIC || text(EXTENSION_AT, ENCODER.length) !== ENCODER) return undefined;
  const [high = 0, middle = 0, low = 0] = file.subarray(start + DELAYS_AT, start + DELAYS_AT + 3);
  return { header, delay: (high << 4) | (middle >> 4), padding: ((middle & 15) << 8) | low };
}

function ascii(bytes: Uint8Array, at: number, text: string): void {
  for (let index = 0; index < text.length; index += 1) bytes[at + index] = text.charCodeAt(index);
}

/** CRC-16 as LAME uses it: polynomial 0x8005, reflected, from 0. */
export function crc16(bytes: Uint8Array): number {
  let register = 0;
  for (const byte of bytes) {
    register ^= byte;
    for (let bit = 0; bit < 8; bit += 1) register = register & 1 ? (register >> 1) ^ 0xa001 : register >> 1;
  }
  return register;
}
