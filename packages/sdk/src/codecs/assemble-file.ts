import { TurntapeError } from '../core/errors.ts';
import type { SegmentFormat } from '../core/segment.ts';
import { MP3_DELAY, writeMp3 } from './mp3/mp3-file.ts';
import { frameSamples, mpegOf } from './mp3/mp3-header.ts';
import { writeOggOpus } from './ogg-opus-file.ts';
import { LIBOPUS_PRE_SKIP, OPUS_RATE, opusPacketFrames } from './opus-head.ts';
import { readPacketChunk } from './packet-chunk.ts';
import type { PacketChunk } from './packet-chunk.ts';
import { SAMPLE_BYTES, wavHeader } from './wav.ts';

export interface AssembleOptions {
  format: SegmentFormat;
  /** Of the decoded file, in Hz. Opus: 48000. */
  sampleRate: number;
  /** What the segment encoder gave, in order, from the first on; the last ones may be missing. */
  chunks: readonly ArrayBuffer[];
  /** Decoded samples of the file. All that the chunks hold by default, and never more. */
  samples?: number;
  /** `NAME=value` pairs for the comment header of Ogg Opus. None by default. */
  comments?: Readonly<Record<string, string>>;
}

/** A playable file, and the number of samples that it decodes to. */
export interface AssembledFile {
  file: Uint8Array<ArrayBuffer>;
  samples: number;
}

/**
 * Builds the playable file of a segment from its chunks. The same chunks make the same bytes, so that a file that is
 * built again has the same hash. Compare the returned `samples` with those asked for: chunks that are gone cannot be
 * made up for. No chunks make a valid file of no samples.
 *
 * Throws `storage_failed` with the field `chunks[n]` when a chunk is damaged; the ones before it can still be assembled.
 */
export function assembleFile(options: AssembleOptions): AssembledFile {
  const { samples } = options;
  if (samples !== undefined && !(Number.isInteger(samples) && samples >= 0)) {
    throw new TurntapeError('invalid_argument', `samples must be a whole number from 0, not ${samples}`, {
      field: 'samples',
    });
  }
  switch (options.format) {
    case 'opus':
      return assembleOggOpus(options);
    case 'wav':
      return assembleWav(options);
    case 'mp3':
      return assembleMp3(options);
    default: {
      const format: never = options.format;
      throw new TurntapeError('unsupported_format', `no such format: ${String(format)}`, { field: 'format' });
    }
  }
}

function assembleWav({ chunks, sampleRate, samples }: AssembleOptions): AssembledFile {
  const held = chunks.reduce((sum, chunk) => sum + Math.floor(chunk.byteLength / SAMPLE_BYTES), 0);
  const kept = Math.min(samples ?? held, held);
  const dataBytes = kept * SAMPLE_BYTES;
  const header = wavHeader({ sampleRate, numChannels: 1, dataBytes });
  const file = new Uint8Array(header.length + dataBytes);
  file.set(header);
  let offset = header.length;
  for (const chunk of chunks) {
    const bytes = Math.min(chunk.byteLength - (chunk.byteLength % SAMPLE_BYTES), file.length - offset);
    file.set(new Uint8Array(chunk, 0, bytes), offset);
    offset += bytes;
  }
  return { file, samples: kept };
}

function assembleOggOpus({ chunks, samples, comments }: AssembleOptions): AssembledFile {
  const read = chunks.map(readChunk);
  const packets = read.flatMap((chunk) => chunk.packets);
  const { numChannels, preSkip } = read[0] ?? { numChannels: 1, preSkip: LIBOPUS_PRE_SKIP };
  const coded = packets.reduce((sum, packet) => sum + opusPacketFrames(packet), 0);
  const held = Math.max(0, coded - preSkip - (read.at(-1)?.endTrim ?? 0));
  const kept = Math.min(samples ?? held, held);
  const head = { numChannels, preSkip, inputSampleRate: OPUS_RATE, ...(comments && { comments }) };
  return { file: writeOggOpus(packets, head, kept), samples: kept };
}

function assembleMp3({ chunks, samples, sampleRate }: AssembleOptions): AssembledFile {
  const read = chunks.map(readChunk);
  const units = read.flatMap((chunk) => chunk.packets);
  const coded = units.length * frameSamples({ mpeg: mpegOf(sampleRate) });
  const held = Math.max(0, coded - MP3_DELAY - (read.at(-1)?.endTrim ?? 0));
  const kept = Math.min(samples ?? held, held);
  return { file: writeMp3(units, kept, sampleRate), samples: kept };
}

function readChunk(chunk: ArrayBuffer, index: number): PacketChunk {
  try {
    return readPacketChunk(chunk);
  } catch (cause) {
    throw new TurntapeError('storage_failed', `chunk ${index} is damaged`, { field: `chunks[${index}]`, cause });
  }
}
