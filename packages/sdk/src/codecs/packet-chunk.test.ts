import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readPacketChunk, writePacketChunk } from './packet-chunk.ts';

const chunkArbitrary = fc.record({
  numChannels: fc.constantFrom(1 as const, 2 as const),
  preSkip: fc.integer({ min: 0, max: 65_535 }),
  endTrim: fc.integer({ min: 0, max: 65_535 }),
  packets: fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 6 }),
});

test('[CHUNK-1] a chunk of packets is read back as it was written', () => {
  fc.assert(
    fc.property(chunkArbitrary, (chunk) => {
      expect(readPacketChunk(writePacketChunk(chunk))).toEqual(chunk);
    }),
  );
});

test('[CHUNK-2] bytes that are not a whole chunk are refused, not guessed at', () => {
  const refused = expect.objectContaining({ code: 'storage_failed' });
  const packets = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5)];
  const whole = new Uint8Array(writePacketChunk({ numChannels: 1, preSkip: 312, endTrim: 0, packets }));
  // Cut between packets it is a chunk with fewer of them; anywhere else it is none.
  const between = [6, 11, 15];
  for (let length = 0; length < whole.length; length += 1) {
    const read = () => readPacketChunk(whole.slice(0, length).buffer);
    if (between.includes(length)) expect(read().packets).toHaveLength(between.indexOf(length));
    else expect(read).toThrowError(refused);
  }
  expect(() => readPacketChunk(whole.with(0, 2).buffer)).toThrowError(refused);
  expect(() => readPacketChunk(whole.with(1, 3).buffer)).toThrowError(refused);
});
