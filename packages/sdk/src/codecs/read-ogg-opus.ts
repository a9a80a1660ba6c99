import { TurntapeError } from '../core/errors.ts';
import { joined } from './joined.ts';
import { readPreSkip } from './opus-head.ts';

/** An Ogg Opus file taken apart. */
export interface OggOpusFile {
  numChannels: 1 | 2;
  /** Frames at 48 kHz to drop at the start of the decoded stream. */
  preSkip: number;
  /** What the file decodes to. */
  samples: number;
  comments: Record<string, string>;
  /** The audio packets, in order. */
  packets: Uint8Array[];
}

const HEADER_BYTES = 27;
const CAPTURE = [0x4f, 0x67, 0x67, 0x53] as const; // OggS

/**
 * Takes a file apart: one stream, headers first, as `OggOpusWriter` and `opusenc` write it. Throws `storage_failed` for anything else:
 * `npx turntape doctor` says what is wrong with it.
 */
export function readOggOpus(file: Uint8Array): OggOpusFile {
  try {
    return dissect(file);
  } catch (thrown) {
    // A length that points past the end.
    if (thrown instanceof RangeError) throw damaged('it ends too soon');
    throw thrown;
  }
}

function dissect(file: Uint8Array): OggOpusFile {
  const { packets, granule } = readPackets(file);
  const [head, tags, ...audio] = packets;
  const preSkip = head && readPreSkip(head);
  if (!head || !tags || preSkip === undefined) throw damaged('it does not begin as Ogg Opus does');
  const numChannels = head[9] === 2 ? 2 : 1;
  const samples = Math.max(0, granule - preSkip);
  return { numChannels, preSkip, samples, comments: readComments(tags), packets: audio };
}

/** The packets of every page, and the position of the last page. */
function readPackets(file: Uint8Array): { packets: Uint8Array[]; granule: number } {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const packets: Uint8Array[] = [];
  let parts: Uint8Array[] = [];
  let granule = 0;
  let at = 0;
  while (at < file.length) {
    if (CAPTURE.some((byte, index) => file[at + index] !== byte)) throw damaged('a page does not begin with OggS');
    const segments = file.subarray(at + HEADER_BYTES, at + HEADER_BYTES + (file[at + 26] ?? 0));
    granule = Number(view.getBigInt64(at + 6, true));
    at += HEADER_BYTES + segments.length;
    for (const length of segments) {
      if (at + length > file.length) throw damaged('it ends within a page');
      parts.push(file.subarray(at, at + length));
      at += length;
      if (length === 255) continue;
      packets.push(joined(parts));
      parts = [];
    }
  }
  return { packets, granule };
}

function readComments(tags: Uint8Array): Record<string, string> {
  const view = new DataView(tags.buffer, tags.byteOffset, tags.length);
  const text = new TextDecoder();
  const comments: Record<string, string> = {};
  let at = 12 + view.getUint32(8, true);
  const count = view.getUint32(at, true);
  at += 4;
  for (let index = 0; index < count; index += 1) {
    const length = view.getUint32(at, true);
    const [name = '', ...value] = text.decode(tags.subarray(at + 4, at + 4 + length)).split('=');
    comments[name] = value.join('=');
    at += 4 + length;
  }
  return comments;
}

function damaged(how: string): TurntapeError {
  return new TurntapeError('storage_failed', `an Opus file is damaged: ${how}`);
}
