/**
 * Ogg pages (RFC 3533): packets cut into segments of at most 255 bytes, up to 255 segments on a page, each page with a
 * checksum. Knows nothing of what the packets hold.
 */

/** Segments that one page can list. */
const LARGEST_PAGE_SEGMENTS = 255;
/** Bytes in a full segment; a shorter one ends its packet. */
const SEGMENT_BYTES = 255;
const HEADER_BYTES = 27;

const CONTINUED = 0x01;
const FIRST_PAGE = 0x02;
const LAST_PAGE = 0x04;

/** Where finished pages go, in order. */
export type PageSink = (page: Uint8Array) => void;

/** Writes one logical stream. Same packets, same bytes: nothing in a page is random. */
export class OggStream {
  readonly #serial: number;
  readonly #sink: PageSink;
  #sequence = 0;
  #segments: number[] = [];
  #body: Uint8Array[] = [];
  #continued = false;
  /** Of the last packet that ends on the page at hand; none yet. */
  #granule: number | undefined;

  /** @param serial Of the stream, 32 bits: has to differ only from other streams in the same file. */
  constructor(serial: number, sink: PageSink) {
    this.#serial = serial;
    this.#sink = sink;
  }

  /** Adds a packet; `granule` is the stream's position when this packet has been decoded. Pages leave as they fill. */
  packet(bytes: Uint8Array, granule: number): void {
    let offset = 0;
    for (;;) {
      if (this.#segments.length === LARGEST_PAGE_SEGMENTS) this.#write(offset > 0, 0);
      const segment = bytes.subarray(offset, offset + SEGMENT_BYTES);
      this.#segments.push(segment.length);
      if (segment.length > 0) this.#body.push(segment);
      offset += segment.length;
      if (segment.length < SEGMENT_BYTES) break;
    }
    this.#granule = granule;
  }

  /** Ends the page at hand, if it holds anything. */
  endPage(): void {
    if (this.#segments.length > 0) this.#write(false, 0);
  }

  /** Ends the stream: the page at hand is marked as the last, and its position may be lowered to trim the end. */
  end(granule?: number): void {
    if (granule !== undefined) this.#granule = granule;
    this.#write(false, LAST_PAGE);
  }

  /** @param packetGoesOn True when the packet at hand continues on the next page. */
  #write(packetGoesOn: boolean, flags: number): void {
    const bodyBytes = this.#segments.reduce((sum, length) => sum + length, 0);
    const page = new Uint8Array(HEADER_BYTES + this.#segments.length + bodyBytes);
    const view = new DataView(page.buffer);
    page.set([0x4f, 0x67, 0x67, 0x53]); // OggS
    page[5] = flags | (this.#continued ? CONTINUED : 0) | (this.#sequence === 0 ? FIRST_PAGE : 0);
    writeGranule(view, this.#granule);
    view.setUint32(14, this.#serial, true);
    view.setUint32(18, this.#sequence, true);
    page[26] = this.#segments.length;
    page.set(this.#segments, HEADER_BYTES);
    let offset = HEADER_BYTES + this.#segments.length;
    for (const segment of this.#body) {
      page.set(segment, offset);
      offset += segment.length;
    }
    view.setUint32(22, oggChecksum(page), true);
    this.#sequence += 1;
    this.#segments = [];
    this.#body = [];
    this.#continued = packetGoesOn;
    this.#granule = undefined;
    this.#sink(page);
  }
}

function writeGranule(view: DataView, granule: number | undefined): void {
  // −1: no packet ends on this page.
  view.setUint32(6, granule === undefined ? 0xffffffff : granule % 2 ** 32, true);
  view.setUint32(10, granule === undefined ? 0xffffffff : Math.floor(granule / 2 ** 32), true);
}

const CHECKSUM_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let register = index << 24;
  for (let bit = 0; bit < 8; bit += 1) register = (register << 1) ^ (register & 0x80000000 ? 0x04c11db7 : 0);
  return register >>> 0;
});

/** Ogg's own CRC-32 (polynomial 0x04c11db7, not reflected, from 0) of a page whose checksum field is zero. */
export function oggChecksum(page: Uint8Array): number {
  let register = 0;
  for (const byte of page) register = (register << 8) ^ (CHECKSUM_TABLE[(register >>> 24) ^ byte] ?? 0);
  return register >>> 0;
}
