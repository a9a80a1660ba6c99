import { expect, test } from 'vitest';
import { opusHead, opusPacketFrames, opusTags, readPreSkip } from './opus-head.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** RFC 6716, table 2: the configuration, then the code for how many Opus frames follow. */
const frames = (configuration: number, code: number, count = 0): number =>
  opusPacketFrames(Uint8Array.of((configuration << 3) | code, count));

test('[OPUS-1] the identification header is the one RFC 7845 lays out, and its pre-skip can be read back', () => {
  const head = opusHead({ numChannels: 2, preSkip: 312, inputSampleRate: 44_100 });
  // Version, channels, pre-skip, input rate, gain, mapping family.
  expect(hex(head)).toBe(`${hex(Buffer.from('OpusHead'))} 01 02 3801 44ac0000 0000 00`.replaceAll(' ', ''));
  expect(readPreSkip(head)).toBe(312);
  // As WebCodecs may hand it over: a view into a larger buffer.
  const larger = Uint8Array.of(9, 9, 9, ...head);
  expect(readPreSkip(larger.subarray(3))).toBe(312);
  expect(readPreSkip(larger)).toBeUndefined();
  expect(readPreSkip(head.subarray(0, 18))).toBeUndefined();
});

test('[OPUS-2] the comment header counts its strings in bytes of UTF-8', () => {
  const tags = opusTags('who', { TITLE: 'né' });
  const title = Buffer.from('TITLE=né');
  expect(title).toHaveLength(9);
  expect(hex(tags)).toBe(
    [Buffer.from('OpusTags'), [3, 0, 0, 0], Buffer.from('who'), [1, 0, 0, 0], [9, 0, 0, 0], title]
      .map((part) => hex(Uint8Array.from(part)))
      .join(''),
  );
});

test('[OPUS-3] a packet tells its own length by its first bytes', () => {
  expect([0, 1, 2, 3].map((n) => frames(n, 0))).toEqual([480, 960, 1_920, 2_880]);
  expect([8, 9, 10, 11].map((n) => frames(n, 0))).toEqual([480, 960, 1_920, 2_880]);
  expect([12, 13, 14, 15].map((n) => frames(n, 0))).toEqual([480, 960, 480, 960]);
  expect([16, 17, 18, 19].map((n) => frames(n, 0))).toEqual([120, 240, 480, 960]);
  expect(frames(31, 0)).toBe(960);
  expect(frames(31, 1)).toBe(1_920);
  expect(frames(31, 2)).toBe(1_920);
  expect(frames(31, 3, 0b1100_0110)).toBe(960 * 6);
  // The most that a packet may hold.
  expect(frames(28, 3, 48)).toBe(120 * 48);
});
