import { TurntapeError } from '../core/errors.ts';
import type { SegmentFormat } from '../core/segment.ts';
import { assembleFile } from './assemble-file.ts';
import { OPUS_RATE } from './opus-head.ts';
import { readMp3, writeMp3 } from './mp3/mp3-file.ts';
import { silenceUnits } from './mp3/silence-units.ts';
import { type PacketChunk, readPacketChunk, writePacketChunk } from './packet-chunk.ts';
import { readOggOpus } from './read-ogg-opus.ts';
import { type SampleRange, type SilencedPackets, silencePackets } from './silence-packets.ts';
import { SAMPLE_BYTES, WAV_HEADER_BYTES } from './wav.ts';

/** A chunk after a redaction. */
export interface SilencedChunk {
  /** The chunk with the range silenced, or undefined: the range does not touch it. */
  bytes: ArrayBuffer | undefined;
  /** Where the next chunk begins: in samples of a WAV file, in coded frames of an Opus or MP3 one. */
  end: number;
}

/**
 * Silences a range of a segment in one of its chunks, without decoding. `start` is where the chunk begins: 0 for the
 * first, then the `end` of the one before. WAV is exact to the sample; Opus and MP3 take the packets that touch the range.
 * Throws `storage_failed` for a damaged chunk.
 */
export function silenceChunk(
  format: SegmentFormat,
  chunk: ArrayBuffer,
  start: number,
  range: SampleRange,
): SilencedChunk {
  if (format === 'wav') {
    const samples = Math.floor(chunk.byteLength / SAMPLE_BYTES);
    const bytes = silenceSamples(new Uint8Array(chunk), 0, { from: range.from - start, to: range.to - start });
    return { bytes: bytes?.buffer, end: start + samples };
  }
  const read = readPacketChunk(chunk);
  const { packets, end, touched } = silencePacketsOf(format, read, start, range);
  return { bytes: touched > 0 ? writePacketChunk({ ...read, packets }) : undefined, end };
}

/**
 * Silences a range of a finished file: the same number of samples, the same headers. Undefined: the range does not touch
 * it. Throws `storage_failed` for a file that is not one of ours.
 */
export function silenceFile(
  format: SegmentFormat,
  file: Uint8Array<ArrayBuffer>,
  range: SampleRange,
): Uint8Array<ArrayBuffer> | undefined {
  if (format === 'wav') return silenceSamples(file, WAV_HEADER_BYTES, range);
  if (format === 'mp3') {
    const { units, samples, sampleRate } = readMp3(file);
    const silenced = silenceUnits(units, 0, range);
    return silenced.touched === 0 ? undefined : writeMp3(silenced.packets, samples, sampleRate);
  }
  requireOpus(format);
  const { packets, preSkip, samples, numChannels, comments } = readOggOpus(file);
  const silenced = silencePackets(packets, 0, preSkip, range);
  if (silenced.touched === 0) return undefined;
  const chunks = [writePacketChunk({ numChannels, preSkip, endTrim: 0, packets: silenced.packets })];
  return assembleFile({ format, sampleRate: OPUS_RATE, chunks, samples, comments }).file;
}

function silencePacketsOf(
  format: SegmentFormat,
  { packets, preSkip }: PacketChunk,
  start: number,
  range: SampleRange,
): SilencedPackets {
  if (format === 'mp3') return silenceUnits(packets, start, range);
  requireOpus(format);
  return silencePackets(packets, start, preSkip, range);
}

function requireOpus(format: SegmentFormat): asserts format is 'opus' {
  if (format !== 'opus')
    throw new TurntapeError('unsupported_format', `a range of '${format}' cannot be silenced`, {
      field: 'format',
    });
}

/** Zeroes PCM16 of one channel that begins at byte `offset`. */
function silenceSamples(
  bytes: Uint8Array<ArrayBuffer>,
  offset: number,
  { from, to }: SampleRange,
): Uint8Array<ArrayBuffer> | undefined {
  const samples = Math.floor((bytes.length - offset) / SAMPLE_BYTES);
  const first = Math.max(0, from);
  const end = Math.min(samples, to);
  if (first >= end) return undefined;
  return bytes.slice().fill(0, offset + first * SAMPLE_BYTES, offset + end * SAMPLE_BYTES);
}
