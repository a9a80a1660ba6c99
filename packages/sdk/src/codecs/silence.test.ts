import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { assembleFile } from './assemble-file.ts';
import { opusPacketFrames } from './opus-head.ts';
import { readPacketChunk, writePacketChunk } from './packet-chunk.ts';
import { readOggOpus } from './read-ogg-opus.ts';
import { silenceChunk, silenceFile } from './silence.ts';
import { silencePacket } from './silence-packets.ts';

const PRE_SKIP = 312;

/** Packets of 20 ms each, told apart by their bytes, in chunks of three. */
function opusChunks(packets: number): ArrayBuffer[] {
  const all = Array.from({ length: packets }, (_, index) => Uint8Array.of(0x78, index >> 8, index & 255, 0xaa));
  return Array.from({ length: Math.ceil(packets / 3) }, (_, index) =>
    writePacketChunk({ numChannels: 1, preSkip: PRE_SKIP, endTrim: 0, packets: all.slice(index * 3, index * 3 + 3) }),
  );
}

const isSilence = (packet: Uint8Array | undefined): boolean => packet?.[0] === 0xf8 && packet.length === 3;

test('[REDACT-1] a WAV range is zeroed to the sample, by chunk and by file alike', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: -20, max: 260 }),
      fc.integer({ min: 0, max: 120 }),
      (lengths, from, length) => {
        let value = 0;
        const chunks = lengths.map((count) => Int16Array.from({ length: count }, () => (value += 1)).buffer);
        const range = { from, to: from + length };
        const file = assembleFile({ format: 'wav', sampleRate: 48_000, chunks }).file;
        let start = 0;
        const silenced = chunks.map((chunk) => {
          const { bytes, end } = silenceChunk('wav', chunk, start, range);
          start = end;
          return bytes ?? chunk;
        });
        const whole = silenceFile('wav', file, range) ?? file;
        expect(assembleFile({ format: 'wav', sampleRate: 48_000, chunks: silenced }).file).toEqual(whole);
        const expected = Array.from({ length: value }, (_, at) => (at >= from && at < from + length ? 0 : at + 1));
        expect([...new Int16Array(whole.slice(44).buffer)]).toEqual(expected);
      },
    ),
  );
});

test('[REDACT-2] every Opus packet that holds any of the range is replaced, no other, by chunk and by file alike', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 0, max: 60_000 }),
      fc.integer({ min: 1, max: 20_000 }),
      (count, from, length) => {
        const chunks = opusChunks(count);
        const range = { from, to: from + length };
        const before = assembleFile({ format: 'opus', sampleRate: 48_000, chunks, comments: { TURN: 'a=b' } });
        let start = 0;
        const silenced = chunks.map((chunk) => {
          const { bytes, end } = silenceChunk('opus', chunk, start, range);
          start = end;
          return bytes ?? chunk;
        });
        const file = silenceFile('opus', before.file, range) ?? before.file;
        const comments = { TURN: 'a=b' };
        expect(assembleFile({ format: 'opus', sampleRate: 48_000, chunks: silenced, comments }).file).toEqual(file);
        const read = readOggOpus(file);
        expect(read).toMatchObject({ samples: before.samples, preSkip: PRE_SKIP, comments });
        for (const [index, packet] of read.packets.entries()) {
          // The input that a packet was made from, and the samples in which it sounds.
          const holds = (index + 1) * 960 > from && index * 960 - PRE_SKIP < from + length;
          expect(isSilence(packet)).toBe(holds);
        }
      },
    ),
  );
});

test('[REDACT-3] silence is as long as the packet it stands for', () => {
  for (const frames of [120, 240, 480, 960, 1_920, 2_880, 5_760]) {
    expect(opusPacketFrames(silencePacket(frames))).toBe(frames);
  }
  expect(() => silencePacket(961)).toThrowError(expect.objectContaining({ code: 'storage_failed' }));
});

test('a file that is not ours is refused, a range beside the file leaves it alone', () => {
  expect(() => silenceFile('opus', Uint8Array.of(1, 2, 3), { from: 0, to: 1 })).toThrowError(
    expect.objectContaining({ code: 'storage_failed' }),
  );
  const chunks = opusChunks(3);
  const { file } = assembleFile({ format: 'opus', sampleRate: 48_000, chunks });
  expect(silenceFile('opus', file, { from: 10_000, to: 20_000 })).toBeUndefined();
  expect(silenceFile('opus', file, { from: 5, to: 5 })).toBeUndefined();
  expect(readPacketChunk(chunks[0]!).packets).toHaveLength(3);
});
