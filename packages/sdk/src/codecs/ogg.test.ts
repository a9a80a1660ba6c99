import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { OggStream, oggChecksum } from './ogg.ts';

const SERIAL = 0xcafe_f00d;

interface Page {
  flags: number;
  granule: bigint;
  serial: number;
  sequence: number;
  segments: number[];
  body: Uint8Array;
  checksumHolds: boolean;
}

/** The checksum again, bit by bit, as RFC 3533 describes it. */
function checksumByBits(bytes: Uint8Array): number {
  let register = 0;
  for (const byte of bytes) {
    register ^= byte << 24;
    for (let bit = 0; bit < 8; bit += 1)
      register = register & 0x8000_0000 ? (register << 1) ^ 0x04c1_1db7 : register << 1;
  }
  return register >>> 0;
}

function readPage(bytes: Uint8Array): Page {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  expect(new TextDecoder().decode(bytes.subarray(0, 4))).toBe('OggS');
  expect(bytes[4]).toBe(0);
  const segments = [...bytes.subarray(27, 27 + view.getUint8(26))];
  const body = bytes.subarray(27 + segments.length);
  expect(body).toHaveLength(segments.reduce((sum, length) => sum + length, 0));
  const blank = bytes.slice().fill(0, 22, 26);
  return {
    flags: view.getUint8(5),
    granule: view.getBigInt64(6, true),
    serial: view.getUint32(14, true),
    sequence: view.getUint32(18, true),
    segments,
    body,
    checksumHolds: view.getUint32(22, true) === checksumByBits(blank),
  };
}

/** The packets on these pages, and where each one ends. */
function readPackets(pages: readonly Page[]) {
  const packets: { bytes: Buffer; page: number }[] = [];
  let open: Uint8Array[] = [];
  for (const [index, page] of pages.entries()) {
    expect((page.flags & 1) === 1, `page ${index} says that it continues a packet`).toBe(open.length > 0);
    let offset = 0;
    for (const length of page.segments) {
      open.push(page.body.subarray(offset, offset + length));
      offset += length;
      if (length === 255) continue;
      packets.push({ bytes: Buffer.concat(open), page: index });
      open = [];
    }
  }
  expect(open).toEqual([]);
  return packets;
}

const packetArbitrary = fc
  .oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(0, 254, 255, 256, 510, 65_025, 65_026))
  .map((length) => Uint8Array.from({ length }, (_, index) => index * 7 + length));

test('[OGG-1] what goes in as packets comes back out of the pages, however long the packets and wherever pages end', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(packetArbitrary, fc.boolean()), { minLength: 1, maxLength: 12 }), (steps) => {
      const bytes: Uint8Array[] = [];
      const stream = new OggStream(SERIAL, (page) => bytes.push(page));
      for (const [index, [packet, endPage]] of steps.entries()) {
        stream.packet(packet, (index + 1) * 1_000);
        if (endPage && index < steps.length - 1) stream.endPage();
      }
      stream.end();
      const pages = bytes.map(readPage);
      const packets = readPackets(pages);
      expect(packets).toHaveLength(steps.length);
      for (const [index, [packet]] of steps.entries()) expect(packets[index]?.bytes.equals(packet)).toBe(true);
      for (const [index, page] of pages.entries()) {
        expect(page.checksumHolds).toBe(true);
        expect(page).toMatchObject({ serial: SERIAL, sequence: index });
        expect((page.flags & 2) === 2, 'only the first page begins the stream').toBe(index === 0);
        expect((page.flags & 4) === 4, 'only the last page ends it').toBe(index === pages.length - 1);
        // A page's position is that of the last packet that ends on it, −1 if none does.
        const last = packets.findLastIndex((packet) => packet.page === index);
        expect(page.granule).toBe(last < 0 ? -1n : BigInt((last + 1) * 1_000));
      }
    }),
    { numRuns: 60 },
  );
});

test('[OGG-1] a page that is full where a packet ends is continued by nothing', () => {
  const pages: Page[] = [];
  const stream = new OggStream(SERIAL, (page) => pages.push(readPage(page)));
  for (let packet = 0; packet < 600; packet += 1) stream.packet(Uint8Array.of(packet & 255), packet);
  stream.end();
  expect(pages.map(({ segments }) => segments.length)).toEqual([255, 255, 90]);
  // Reads the flags, too.
  expect(readPackets(pages)).toHaveLength(600);
});

test('[OGG-2] the position of the last page may be lowered, and may pass 32 bits', () => {
  const pages: Page[] = [];
  const stream = new OggStream(1, (page) => pages.push(readPage(page)));
  stream.packet(Uint8Array.of(1), 2 ** 40 + 3);
  stream.endPage();
  stream.packet(Uint8Array.of(2), 2 ** 40 + 963);
  stream.end(2 ** 40 + 500);
  expect(pages.map((page) => page.granule)).toEqual([2n ** 40n + 3n, 2n ** 40n + 500n]);
});

test('[OGG-3] the table-driven checksum is the one that RFC 3533 describes bit by bit', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => oggChecksum(bytes) === checksumByBits(bytes)));
});
