import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { assembleFile } from './assemble-file.ts';
import { writePacketChunk } from './packet-chunk.ts';

/** Packets of 20 ms each, told apart by their second byte. */
function opusChunks(packetsPerChunk: readonly number[], endTrim = 0, preSkip = 312): ArrayBuffer[] {
  let number = 0;
  return packetsPerChunk.map((count, index) =>
    writePacketChunk({
      numChannels: 1,
      preSkip,
      endTrim: index === packetsPerChunk.length - 1 ? endTrim : 0,
      packets: Array.from({ length: count }, () => Uint8Array.of(0xf8, (number += 1), 0xaa)),
    }),
  );
}

const opus = (chunks: readonly ArrayBuffer[], samples?: number) =>
  assembleFile({ format: 'opus', sampleRate: 48_000, chunks, ...(samples === undefined ? {} : { samples }) });

/** Pages of a file: how many packets each holds, its position and flags. All packets here fit one segment. */
function pagesOf(file: Uint8Array) {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const pages = [];
  let offset = 0;
  while (offset < file.length) {
    const segments = file.subarray(offset + 27, offset + 27 + view.getUint8(offset + 26));
    const granule = Number(view.getBigInt64(offset + 6, true));
    pages.push({ packets: segments.length, granule, flags: view.getUint8(offset + 5) });
    offset += 27 + segments.length + segments.reduce((sum, length) => sum + length, 0);
  }
  return pages;
}

test('[FILE-1] an Opus file holds the packets that its samples need, and its last position trims the rest', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 70 }), { maxLength: 8 }),
      fc.integer({ min: 0, max: 959 }),
      fc.option(
        // Any length, and those that end just where a packet does.
        fc.oneof(
          fc.integer({ min: 0, max: 400_000 }),
          fc.integer({ min: 1, max: 400 }).map((count) => count * 960 - 312),
        ),
        { nil: undefined },
      ),
      (packetsPerChunk, endTrim, asked) => {
        const packets = packetsPerChunk.reduce((sum, count) => sum + count, 0);
        const { file, samples } = opus(opusChunks(packetsPerChunk, endTrim), asked);
        const trim = packetsPerChunk.length > 0 ? endTrim : 0;
        const held = Math.max(0, packets * 960 - 312 - trim);
        expect(samples).toBe(Math.min(asked ?? held, held));
        const pages = pagesOf(file).slice(2);
        const written = pages.reduce((sum, page) => sum + page.packets, 0);
        expect(written).toBe(Math.max(1, Math.min(packets, Math.ceil((samples + 312) / 960))));
        expect(pages.at(-1)).toMatchObject({ granule: 312 + samples, flags: 4 });
        // A second on each page, and every page's position that of the packets so far.
        for (const [index, page] of pages.slice(0, -1).entries()) {
          expect(page).toEqual({ packets: 50, granule: (index + 1) * 48_000, flags: 0 });
        }
      },
    ),
  );
});

test('[FILE-2] the headers are alone on their pages, the first of which begins the stream', () => {
  const { file } = opus(opusChunks([5, 5]));
  expect(pagesOf(file).slice(0, 2)).toEqual([
    { packets: 1, granule: 0, flags: 2 },
    { packets: 1, granule: 0, flags: 0 },
  ]);
});

test('[FILE-3] the pre-skip of the file is the one that the chunks name', () => {
  const { file, samples } = opus(opusChunks([10], 0, 120));
  expect(samples).toBe(9_600 - 120);
  expect(new DataView(file.buffer).getUint16(28 + 10, true)).toBe(120);
});

test('[FILE-4] the same chunks make the same bytes', () => {
  expect(opus(opusChunks([5, 5, 3], 17)).file).toEqual(opus(opusChunks([5, 5, 3], 17)).file);
});

test('[FILE-5] a damaged chunk is named, and those before it still make a file', () => {
  const chunks = opusChunks([5, 5, 5]);
  chunks[1] = chunks[1]!.slice(0, 9);
  expect(() => opus(chunks)).toThrowError(expect.objectContaining({ code: 'storage_failed', field: 'chunks[1]' }));
  expect(opus(chunks.slice(0, 1)).samples).toBe(5 * 960 - 312);
});

test('[FILE-6] a WAV file holds exactly the samples asked for, never more than the chunks do', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.integer({ min: -32_768, max: 32_767 }), { maxLength: 50 }), { maxLength: 5 }),
      fc.option(fc.integer({ min: 0, max: 200 }), { nil: undefined }),
      (chunks, asked) => {
        const all = chunks.flat();
        const { file, samples } = assembleFile({
          format: 'wav',
          sampleRate: 16_000,
          chunks: chunks.map((chunk) => Int16Array.from(chunk).buffer),
          ...(asked === undefined ? {} : { samples: asked }),
        });
        expect(samples).toBe(Math.min(asked ?? all.length, all.length));
        expect([...new Int16Array(file.slice(44).buffer)]).toEqual(all.slice(0, samples));
        expect(new DataView(file.buffer).getUint32(40, true)).toBe(samples * 2);
      },
    ),
  );
});

test('[FILE-7] no chunks make a valid file of no samples', () => {
  const wav = assembleFile({ format: 'wav', sampleRate: 48_000, chunks: [] });
  expect(wav.samples).toBe(0);
  expect(wav.file).toHaveLength(44);
  const { file, samples } = opus([]);
  expect(samples).toBe(0);
  expect(pagesOf(file).at(-1)).toEqual({ packets: 1, granule: 312, flags: 4 });
});

test('[FILE-8] samples that are no count are refused by name', () => {
  for (const samples of [-1, 1.5, NaN]) {
    expect(() => opus([], samples)).toThrowError(
      expect.objectContaining({ code: 'invalid_argument', field: 'samples' }),
    );
  }
});
