import { joined } from '../../codecs/joined.ts';
import { OggStream, oggChecksum } from '../../codecs/ogg.ts';
import { OpusPages, writeHeaders } from '../../codecs/ogg-opus.ts';
import { opusPacketFrames, readPreSkip } from '../../codecs/opus-head.ts';
import { joinStreams } from '../../codecs/opus-streams.ts';
import { silencePacket } from '../../codecs/silence-packets.ts';
import type { Diagnosis } from './diagnosis.ts';

const HEADER_BYTES = 27;
const CONTINUED = 0x01;
/** An OpusHead has 276 bytes at most, and is alone on its page (RFC 7845, section 3). */
const LONGEST_HEAD_SEGMENTS = 2;
const FIRST_PAGE = 0x02;
const LAST_PAGE = 0x04;
/** Frames of 20 ms at 48 kHz: what a hole is filled with. */
const SILENT_FRAMES = 960;

interface Page {
  flags: number;
  granule: number;
  serial: number;
  sequence: number;
  /** Whole packets, and what is left over at the end. */
  packets: Uint8Array[];
  open: Uint8Array | undefined;
  sound: boolean;
}

/** True for what begins as Ogg does. */
export function isOgg(file: Uint8Array): boolean {
  return captured(file, 0);
}

/**
 * Looks at an Ogg Opus file page by page, and makes it anew of every packet that is whole. Streams that stand one behind the
 * other in one file (RFC 3533, chaining) are treated one by one, and stay where they are.
 */
export function treatOgg(file: Uint8Array): Diagnosis {
  const begins = streamBegins(file);
  if (begins.length < 2) return treatStream(file);
  const streams = begins.map((at, index) => file.subarray(index === 0 ? 0 : at, begins[index + 1]));
  const diagnoses = streams.map(treatStream);
  const each = (of: 'found' | 'done'): string[] =>
    diagnoses.flatMap((diagnosis, index) => diagnosis[of].map((line) => `stream ${index + 1}: ${line}`));
  const [found, done] = [each('found'), each('done')];
  // One that cannot be treated would be lost from the new file.
  if (diagnoses.some(({ kind }) => kind === 'unknown'))
    return { kind: 'unknown', found, done: [], repaired: undefined };
  const isSound = diagnoses.every(({ repaired }) => repaired === undefined);
  const repaired = isSound
    ? undefined
    : joined(diagnoses.map((diagnosis, index) => diagnosis.repaired ?? streams[index] ?? new Uint8Array()));
  return { kind: 'ogg-opus', found, done, repaired };
}

/** Where streams begin: at each page that says so, and holds. */
function streamBegins(file: Uint8Array): number[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const begins: number[] = [];
  for (let at = nextPage(file, 0); at + HEADER_BYTES <= file.length; at = nextPage(file, at + 4)) {
    const count = file[at + 26] ?? 0;
    if (((file[at + 5] ?? 0) & FIRST_PAGE) === 0 || count > LONGEST_HEAD_SEGMENTS) continue;
    const body = at + HEADER_BYTES + count;
    const end = file.subarray(at + HEADER_BYTES, body).reduce((sum, length) => sum + length, body);
    if (end <= file.length && checksumHolds(file.slice(at, end), view.getUint32(at + 22, true))) begins.push(at);
  }
  return begins;
}

function treatStream(file: Uint8Array): Diagnosis {
  const found: string[] = [];
  const pages = readPages(file, found);
  const [head, tags] = pages.flatMap((page) => page.packets);
  if (!head || readPreSkip(head) === undefined || !tags)
    return { kind: 'unknown', found: ['the headers of Ogg Opus are not there'], done: [], repaired: undefined };
  const last = pages.at(-1);
  if (last && (last.flags & LAST_PAGE) === 0) found.push('no page is marked as the last: the stream was cut off');
  for (const [index, page] of pages.entries())
    if (index > 0 && page.sequence !== (pages[index - 1]?.sequence ?? 0) + 1)
      found.push(`pages are missing before page ${page.sequence}`);
  if (found.length === 0) return { kind: 'ogg-opus', found, done: [], repaired: undefined };
  const { repaired, packets, silent, samples } = rebuild(pages, head, tags);
  const done = [`a new file was made of ${packets} whole packets: ${(samples / 48_000).toFixed(3)} s`];
  if (silent > 0) done.push(`what is missing within it is silence: ${(silent / 48_000).toFixed(3)} s`);
  return { kind: 'ogg-opus', found, done, repaired };
}

function readPages(file: Uint8Array, found: string[]): Page[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const pages: Page[] = [];
  let at = 0;
  while (at < file.length) {
    if (!captured(file, at)) {
      const next = nextPage(file, at + 1);
      found.push(`${next - at} bytes at ${at} are no page`);
      at = next;
      continue;
    }
    const count = file[at + 26] ?? 0;
    const segments = file.subarray(at + HEADER_BYTES, at + HEADER_BYTES + count);
    const body = at + HEADER_BYTES + count;
    const end = body + segments.reduce((sum, length) => sum + length, 0);
    if (segments.length < count || at + HEADER_BYTES > file.length) {
      found.push(`the page at ${at} is cut within its header`);
      break;
    }
    const cut = end > file.length;
    const sound = !cut && checksumHolds(file.slice(at, end), view.getUint32(at + 22, true));
    if (cut) found.push(`the page at ${at} is cut: ${file.length - at} of its ${end - at} bytes are there`);
    else if (!sound) found.push(`the page at ${at} is damaged: its checksum does not hold`);
    pages.push({
      flags: file[at + 5] ?? 0,
      granule: Number(view.getBigInt64(at + 6, true)),
      serial: view.getUint32(at + 14, true),
      sequence: view.getUint32(at + 18, true),
      // Of a cut page the packets before the cut are whole; of a damaged one nobody knows which.
      ...(sound || cut ? packetsOf(file, body, segments) : { packets: [], open: undefined }),
      sound,
    });
    const within = sound || cut ? end : Math.min(end, nextPage(file, at + 4));
    at = cut ? file.length : within;
  }
  return pages;
}

function packetsOf(file: Uint8Array, body: number, segments: Uint8Array): Pick<Page, 'packets' | 'open'> {
  const packets: Uint8Array[] = [];
  let from = body;
  let to = body;
  for (const length of segments) {
    to += length;
    if (to > file.length) return { packets, open: undefined };
    if (length === 255) continue;
    packets.push(file.subarray(from, to));
    from = to;
  }
  return { packets, open: to > from ? file.subarray(from, to) : undefined };
}

/** Every whole packet in its place; what lies between is silence, as the positions of the pages say. */
function rebuild(pages: readonly Page[], head: Uint8Array, tags: Uint8Array) {
  const out: Uint8Array[] = [];
  const stream = new OggStream(pages[0]?.serial ?? 0, (page) => out.push(page));
  const audioPages = new OpusPages(stream);
  writeHeaders(stream, head, tags);
  const channels = head[18] === 0 ? 1 : (head[19] ?? 1);
  const silence = joinStreams(Array<Uint8Array>(channels).fill(silencePacket(SILENT_FRAMES)));
  let count = 0;
  let silent = 0;
  let open: Uint8Array | undefined;
  let sequence = -1;
  let headers = 2;
  let end: number | undefined;
  for (const page of pages) {
    const [first, ...rest] = page.packets;
    // What began before a page that is missing has lost its middle, and is no half of what ends here.
    if (page.sequence !== sequence + 1) open = undefined;
    sequence = page.sequence;
    const continues = (page.flags & CONTINUED) !== 0;
    const whole = first && continues ? (open ? [joined([open, first]), ...rest] : rest) : page.packets;
    open = page.open;
    const audio = whole.slice(headers);
    headers = Math.max(0, headers - whole.length);
    const frames = audio.reduce((sum, packet) => sum + opusPacketFrames(packet), 0);
    const isLast = (page.flags & LAST_PAGE) !== 0;
    // Where this page begins, by its own position. The last page's may be lowered by less than a packet, to trim the end:
    // it begins on the first whole packet from there on.
    const begins = page.sound && page.granule > 0 ? page.granule - frames : 0;
    const last = audio.at(-1);
    const step = isLast && last ? Math.max(SILENT_FRAMES, opusPacketFrames(last)) : SILENT_FRAMES;
    const hole = Math.max(0, begins - audioPages.frames) / step;
    const holeFrames = (isLast ? Math.ceil(hole) : Math.floor(hole)) * step;
    for (let filled = 0; filled < holeFrames; filled += SILENT_FRAMES) audioPages.packet(silence);
    silent += holeFrames;
    const start = audioPages.frames;
    for (const packet of audio) audioPages.packet(packet);
    count += audio.length;
    // What it trims lies on it; −1 would say that no packet ends there.
    if (isLast && page.sound && page.granule >= start && page.granule <= audioPages.frames) end = page.granule;
  }
  if (audioPages.frames === 0) audioPages.packet(silence);
  const position = end ?? audioPages.frames;
  stream.end(position);
  const samples = Math.max(0, position - (readPreSkip(head) ?? 0));
  return { repaired: joined(out), packets: count, silent, samples };
}

/** The four letters, and the one version that there is: letters alone may stand anywhere, as often as somebody likes. */
function captured(file: Uint8Array, at: number): boolean {
  const isCalledOgg = file[at] === 0x4f && file[at + 1] === 0x67 && file[at + 2] === 0x67 && file[at + 3] === 0x53;
  return isCalledOgg && file[at + 4] === 0;
}

function nextPage(file: Uint8Array, from: number): number {
  for (let at = from; at + 4 <= file.length; at += 1) if (captured(file, at)) return at;
  return file.length;
}

function checksumHolds(page: Uint8Array, said: number): boolean {
  page.fill(0, 22, 26);
  return oggChecksum(page) === said;
}
