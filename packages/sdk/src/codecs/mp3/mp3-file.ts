import { TurntapeError } from '../../core/errors.ts';
import { frameBytes, frameSamples, mp3Bitrates, mpegOf, sideInfoBytes, writeMp3Header } from './mp3-header.ts';
import type { Mp3Header } from './mp3-header.ts';
import { INFO_BYTES, crc16, readInfo, writeInfo } from './mp3-info.ts';
import { Mp3Unpacker } from './mp3-unpacker.ts';
import { readUnit } from './mp3-unit.ts';

/** Samples before the first one of the encoder's input: LAME's own delay, and what every decoder adds to it. */
export const ENCODER_DELAY = 576;
export const DECODER_DELAY = 529;
/** What a file decodes to before its first sample: a player that reads the Info frame drops it. */
export const MP3_DELAY = ENCODER_DELAY + DECODER_DELAY;

/**
 * Players want to see a frame follow another before they believe that it is MP3. So a file of less than 48 samples (1 ms)
 * decodes to up to 47 more: players trim no more than one frame at its end.
 */
const FEWEST_FRAMES = 2;

/** Frames that a file of this many samples needs: the decoder's delay pushes the last one out. */
export function framesNeeded(samples: number, samplesPerFrame: number): number {
  return Math.max(FEWEST_FRAMES, Math.ceil((samples + MP3_DELAY) / samplesPerFrame));
}

/**
 * Lays units out as a file: an Info frame with the exact length (a player drops what lies before and after the audio),
 * then each frame at its declared size, its main data as far back as it says. As many units as the samples need; what is
 * missing is silence. The same units make the same bytes.
 */
export function writeMp3(units: readonly Uint8Array[], samples: number, sampleRate: number): Uint8Array<ArrayBuffer> {
  const read = units.map((bytes, index) => {
    const unit = readUnit(bytes);
    if (!unit) throw new TurntapeError('storage_failed', `unit ${index} of an MP3 file is damaged`);
    return unit;
  });
  const header = read[0]?.header ?? lowest(sampleRate);
  const count = framesNeeded(samples, frameSamples(header));
  while (read.length < count) read.push(silence(header));
  const frames = read.slice(0, count);
  const bodies = layOut(frames);
  const info = infoHeader(header);
  const file = new Uint8Array(frames.reduce((sum, unit) => sum + frameBytes(unit.header), frameBytes(info)));
  let at = frameBytes(info);
  let body = 0;
  for (const { header, bytes, dataAt } of frames) {
    const room = frameBytes(header) - dataAt;
    file.set(bytes.subarray(0, dataAt), at);
    file.set(bodies.subarray(body, body + room), at + dataAt);
    at += dataAt + room;
    body += room;
  }
  writeInfo(file, info, {
    frames: count,
    bytes: file.length,
    bitrate: header.bitrate,
    delay: ENCODER_DELAY,
    padding: paddingOf(samples, count, header),
    audioChecksum: crc16(file.subarray(frameBytes(info))),
  });
  return file;
}

/** Samples behind the last one that is audio, the decoder's delay not counted. */
export function paddingOf(samples: number, frames: number, header: Mp3Header): number {
  return frames * frameSamples(header) - samples - ENCODER_DELAY;
}

/** An MP3 file taken apart. Throws `storage_failed` for one that {@link writeMp3} did not write. */
export function readMp3(file: Uint8Array): { units: Uint8Array<ArrayBuffer>[]; samples: number; sampleRate: number } {
  const info = readInfo(file);
  if (!info) throw new TurntapeError('storage_failed', 'an MP3 file is damaged: it does not begin with an Info frame');
  const units: Uint8Array<ArrayBuffer>[] = [];
  try {
    new Mp3Unpacker((unit) => units.push(unit)).push(file.subarray(frameBytes(info.header)));
  } catch (cause) {
    throw new TurntapeError('storage_failed', 'an MP3 file is damaged: a frame is missing', { cause });
  }
  const samples = Math.max(0, units.length * frameSamples(info.header) - info.delay - info.padding);
  return { units, samples, sampleRate: info.header.sampleRate };
}

/** The main data of all frames, each where its frame says. */
function layOut(units: readonly NonNullable<ReturnType<typeof readUnit>>[]): Uint8Array {
  const rooms = units.map(({ header, dataAt }) => frameBytes(header) - dataAt);
  const stream = new Uint8Array(rooms.reduce((sum, room) => sum + room, 0));
  let body = 0;
  for (const [index, { bytes, dataAt, reach }] of units.entries()) {
    const data = bytes.subarray(dataAt);
    if (reach <= body && body - reach + data.length <= stream.length) stream.set(data, body - reach);
    body += rooms[index] ?? 0;
  }
  return stream;
}

function silence(header: Mp3Header): NonNullable<ReturnType<typeof readUnit>> {
  const plain = { ...header, padded: false };
  const dataAt = 4 + sideInfoBytes(plain);
  const bytes = new Uint8Array(dataAt);
  bytes.set(writeMp3Header(plain));
  return { header: plain, reach: 0, bytes, dataAt };
}

function lowest(sampleRate: number): Mp3Header {
  const [bitrate = 0] = mp3Bitrates(sampleRate);
  return { mpeg: mpegOf(sampleRate), sampleRate, bitrate, numChannels: 1, padded: false };
}

/** Of the Info frame: as the audio's, at the lowest bitrate that has room for it. */
export function infoHeader(header: Mp3Header): Mp3Header {
  const wanted = 4 + sideInfoBytes(header) + INFO_BYTES;
  const bitrate = mp3Bitrates(header.sampleRate).find(
    (bitrate) => bitrate >= header.bitrate && frameBytes({ ...header, bitrate, padded: false }) >= wanted,
  );
  return { ...header, bitrate: bitrate ?? header.bitrate, padded: false };
}
