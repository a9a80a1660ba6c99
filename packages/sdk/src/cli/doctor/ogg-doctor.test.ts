import { expect, test } from 'vitest';
import { OggOpusWriter } from '../../codecs/ogg-opus.ts';
import { joinStreams } from '../../codecs/opus-streams.ts';
import { readOggOpus } from '../../codecs/read-ogg-opus.ts';
import { silencePacket } from '../../codecs/silence-packets.ts';
import { oggChecksum } from '../../codecs/ogg.ts';
import { treatOgg } from './ogg-doctor.ts';

/** Each damage alone, page by page; what is whole must come out as it went in. */

/** 20 ms, CELT, mono; `at` makes it known again. Over 255 bytes, so that a packet has more than one segment. */
const packet = (at: number): Uint8Array =>
  Uint8Array.from({ length: 300 }, (_, n) => (n === 0 ? 0xf8 : (at + n) & 255));
/** What silence of 20 ms is, and of two streams joined. */
const SILENT = silencePacket(960);
const SILENT_STEREO = joinStreams([SILENT, SILENT]);

/** Two and a half seconds: pages of a second behind the two of the headers. */
function pagesOf(samples = 119_000, serial = 77, uncoupled = false): Uint8Array[] {
  const pages: Uint8Array[] = [];
  const head = { numChannels: uncoupled ? 2 : 1, preSkip: 312, inputSampleRate: 48_000, serial, uncoupled } as const;
  const writer = new OggOpusWriter(head, (page) => pages.push(page));
  for (let at = 0; at < 125; at += 1) writer.packet(uncoupled ? joinStreams([packet(at), packet(at + 1)]) : packet(at));
  writer.end(samples);
  return pages;
}

/** Pages that were changed, sound again. */
function withChecksums(pages: readonly Uint8Array[]): Uint8Array[] {
  return pages.map((page) => {
    const sound = page.slice().fill(0, 22, 26);
    new DataView(sound.buffer).setUint32(22, oggChecksum(sound), true);
    return sound;
  });
}

const file = (pages: readonly Uint8Array[]): Uint8Array => Uint8Array.from(pages.flatMap((page) => [...page]));

test('[DOCTOR-1] a sound stream is left alone', () => {
  expect(treatOgg(file(pagesOf()))).toMatchObject({ found: [], repaired: undefined });
});

test('[DOCTOR-6] a page that is missing or damaged is silence of its length in each channel, and what follows is where it was', () => {
  for (const uncoupled of [false, true])
    // The first page of audio, and the one in front of the last, whose end is trimmed.
    for (const lost of [2, 3]) {
      const pages = pagesOf(119_000, 77, uncoupled);
      const whole = readOggOpus(file(pages)).packets;
      const missing = pages.filter((_, index) => index !== lost);
      const flipped = pages.map((page, index) =>
        index === lost ? page.map((byte, n) => (n === 400 ? byte ^ 1 : byte)) : page,
      );
      for (const [damaged, said] of [
        [missing, `pages are missing before page ${lost + 1}`],
        [flipped, 'its checksum does not hold'],
      ] as const) {
        const { found, done, repaired } = treatOgg(file(damaged));
        expect(found).toEqual([expect.stringContaining(said)]);
        expect(done).toContain('what is missing within it is silence: 1.000 s');
        const read = readOggOpus(repaired ?? new Uint8Array(0));
        expect(read.samples).toBe(119_000);
        expect(new DataView((repaired ?? new Uint8Array(0)).buffer).getUint32(14, true)).toBe(77);
        const [from, to] = lost === 2 ? [0, 50] : [50, 100];
        const silent = uncoupled ? SILENT_STEREO : SILENT;
        expect(read.packets).toEqual(whole.map((packet, at) => (at >= from && at < to ? silent : packet)));
      }
    }
});

test('[DOCTOR-6] a page whose length is damaged hides no page behind it', () => {
  const pages = pagesOf();
  // A segment of the first page of audio grows by as much as the page behind it has.
  const damaged = pages.map((page, index) =>
    index === 2 ? page.map((byte, n) => (n >= 28 && n < 120 ? 255 : byte)) : page,
  );
  const read = readOggOpus(treatOgg(file(damaged)).repaired ?? new Uint8Array(0));
  expect(read.packets.slice(50)).toEqual(readOggOpus(file(pages)).packets.slice(50));
});

/** The same of 5,100 bytes: 13 of them are more than a page can list, so that pages end within packets. */
const large = (at: number): Uint8Array =>
  Uint8Array.from({ length: 5_100 }, (_, n) => (n === 0 ? 0xf8 : (at + n) & 255));

test('[DOCTOR-5] a packet that goes on over a page is whole again; without its beginning it is left out', () => {
  const pages: Uint8Array[] = [];
  const head = { numChannels: 1, preSkip: 0, inputSampleRate: 48_000 } as const;
  const writer = new OggOpusWriter(head, (page) => pages.push(page));
  for (let at = 0; at < 50; at += 1) writer.packet(large(at));
  writer.end(48_000);
  const said = pages.map((page, index) =>
    index === pages.length - 1 ? page.map((b, n) => (n === 5 ? b & ~4 : b)) : page,
  );
  const whole = readOggOpus(treatOgg(file(withChecksums(said))).repaired ?? new Uint8Array(0));
  expect(whole.packets).toEqual(Array.from({ length: 50 }, (_, at) => large(at)));
  const holed = readOggOpus(treatOgg(file(pages.filter((_, index) => index !== 3))).repaired ?? new Uint8Array(0));
  const known = new Set(whole.packets.map((each) => Buffer.from(each).toString('latin1')));
  for (const each of holed.packets)
    expect(each.length === SILENT.length || known.has(Buffer.from(each).toString('latin1'))).toBe(true);
  expect(holed.packets.at(-1)).toEqual(large(49));
});

test('[DOCTOR-5] bytes between two pages are passed over, and what follows them is kept', () => {
  const pages = pagesOf();
  const { found, repaired } = treatOgg(file([...pages.slice(0, 3), new Uint8Array(100), ...pages.slice(3)]));
  expect(found).toEqual([expect.stringMatching(/^100 bytes at \d+ are no page$/)]);
  expect(repaired).toEqual(file(pages));
});

/** What is made of a file whose last page bears this position. Another page is missing, so that it is made anew. */
const treated = (granule: bigint) => {
  const pages = pagesOf().filter((_, index) => index !== 2);
  const last = pages.at(-1)!.slice();
  new DataView(last.buffer).setBigInt64(6, granule, true);
  const read = readOggOpus(treatOgg(file([...pages.slice(0, -1), ...withChecksums([last])])).repaired!);
  return { packets: read.packets.length, samples: read.samples };
};

test('[DOCTOR-12] a last page trims what lies on it and no more, whatever position it bears', () => {
  // The page holds 25 packets, and what is before them ends here.
  const begins = 100 * 960;
  const whole = { packets: 125, samples: 125 * 960 - 312 };
  expect(treated(BigInt(begins + 20_000))).toEqual({ packets: 125, samples: begins + 20_000 - 312 });
  // No packet ends on it, says the first; the second lies in front of the page.
  for (const granule of [-1n, 0n, BigInt(begins - 960)]) expect(treated(granule)).toEqual(whole);
});
