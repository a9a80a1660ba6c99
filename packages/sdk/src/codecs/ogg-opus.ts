import { OggStream } from './ogg.ts';
import type { PageSink } from './ogg.ts';
import { OPUS_RATE, opusHead, opusPacketFrames, opusTags } from './opus-head.ts';
import type { OpusHead } from './opus-head.ts';
import { joinStreams } from './opus-streams.ts';

/** Audio on one page: about a second, as `opusenc` does. A reader can seek to a page, a torn file loses one. */
const PAGE_FRAMES = OPUS_RATE;

/** 'Turn' as a number. One stream per file, so that any constant will do, and the same audio makes the same bytes. */
const SERIAL = 0x5475726e;

/** Who wrote the file, in its comment header. */
const VENDOR = 'turntape';

/** One silent packet of 20 ms: what a file of no samples holds, since a stream needs at least one. */
const SILENCE = Uint8Array.of(0xf8, 0xff, 0xfe);

/** What goes into the headers of an Ogg Opus file. */
export interface OggOpusOptions extends OpusHead {
  /** Of the Ogg stream, 32 bits. A constant by default: it has to differ only from other streams in the same file. */
  serial?: number;
  /** `NAME=value` pairs for the comment header. None by default. */
  comments?: Readonly<Record<string, string>>;
}

/** The pages of a stream's audio, a second on each. */
export class OpusPages {
  readonly #stream: OggStream;
  #frames = 0;
  #pageFrames = 0;

  constructor(stream: OggStream) {
    this.#stream = stream;
  }

  /** Of all packets so far, at 48 kHz. */
  get frames(): number {
    return this.#frames;
  }

  /** Adds the next packet. */
  packet(bytes: Uint8Array): void {
    const frames = opusPacketFrames(bytes);
    // Not before there is a next packet: the last page must hold one, for the end to be marked on it.
    if (this.#pageFrames + frames > PAGE_FRAMES) {
      this.#stream.endPage();
      this.#pageFrames = 0;
    }
    this.#frames += frames;
    this.#pageFrames += frames;
    this.#stream.packet(bytes, this.#frames);
  }
}

/** Puts each header packet on a page of its own. */
export function writeHeaders(stream: OggStream, head: Uint8Array, tags: Uint8Array): void {
  for (const packet of [head, tags]) {
    stream.packet(packet, 0);
    stream.endPage();
  }
}

/** Writes an Ogg Opus file page by page (RFC 7845), so that an hour needs no more memory than a second. */
export class OggOpusWriter {
  readonly #stream: OggStream;
  readonly #pages: OpusPages;
  readonly #preSkip: number;
  readonly #streams: number;

  constructor(options: OggOpusOptions, sink: PageSink) {
    this.#preSkip = options.preSkip;
    this.#streams = options.uncoupled ? options.numChannels : 1;
    this.#stream = new OggStream(options.serial ?? SERIAL, sink);
    this.#pages = new OpusPages(this.#stream);
    writeHeaders(this.#stream, opusHead(options), opusTags(VENDOR, options.comments ?? {}));
  }

  /** Adds the next packet. */
  packet(bytes: Uint8Array): void {
    this.#pages.packet(bytes);
  }

  /**
   * Ends the file so that it decodes to exactly `samples` frames. The packets must reach that far, and no packet may lie
   * wholly past it: see {@link packetsNeeded}.
   */
  end(samples: number): void {
    if (this.#pages.frames === 0) this.packet(joinStreams(Array<Uint8Array>(this.#streams).fill(SILENCE)));
    this.#stream.end(this.#preSkip + samples);
  }
}

/** How many of these packets a file of `samples` frames needs: any further would lie wholly past its end. */
export function packetsNeeded(packets: readonly Uint8Array[], preSkip: number, samples: number): number {
  let frames = 0;
  for (const [index, packet] of packets.entries()) {
    if (frames >= preSkip + samples) return index;
    frames += opusPacketFrames(packet);
  }
  return packets.length;
}
