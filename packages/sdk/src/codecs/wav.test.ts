import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { toPcm16, wavHeader } from './wav.ts';

const header = (dataBytes: number) => () => wavHeader({ sampleRate: 48_000, numChannels: 2, dataBytes });

test('[WAV-1] the header is the canonical 44 bytes, with valid sizes', () => {
  const written = wavHeader({ sampleRate: 44_100, numChannels: 2, dataBytes: 1_000 });
  const view = new DataView(written.buffer);
  const text = (from: number, to: number) => new TextDecoder().decode(written.subarray(from, to));
  expect(written).toHaveLength(44);
  expect([text(0, 4), text(8, 16), text(36, 40)]).toEqual(['RIFF', 'WAVEfmt ', 'data']);
  expect([4, 16, 24, 28, 40].map((at) => view.getUint32(at, true))).toEqual([1_036, 16, 44_100, 176_400, 1_000]);
  expect([20, 22, 32, 34].map((at) => view.getUint16(at, true))).toEqual([1, 2, 4, 16]);
});

test('[WAV-2] a file that RIFF cannot count is refused', () => {
  expect(header(2 ** 32 - 38)).not.toThrow();
  expect(header(2 ** 32 - 36)).toThrowError(expect.objectContaining({ code: 'invalid_argument' }));
});

test('[WAV-3] PCM16 divided by 32768 comes out bit-equal, for all 65536 values', () => {
  for (let value = -32_768; value < 32_768; value += 1) {
    if (toPcm16(Math.fround(value / 32_768)) !== value) expect.fail(`${value} became ${toPcm16(value / 32_768)}`);
  }
});

test('[WAV-4] a sample is rounded to the nearest step and clamped at full scale; what is no number is silence', () => {
  fc.assert(
    fc.property(fc.double({ min: -1, max: 32_767 / 32_768, noNaN: true }), (sample) => {
      expect(Math.abs(toPcm16(sample) - sample * 32_768)).toBeLessThanOrEqual(0.5);
    }),
  );
  expect([1, 1.5, Infinity].map(toPcm16)).toEqual([32_767, 32_767, 32_767]);
  expect([-1.5, -Infinity].map(toPcm16)).toEqual([-32_768, -32_768]);
  expect(toPcm16(NaN)).toBe(0);
  expect(Object.is(toPcm16(-1e-9), 0)).toBe(true);
});
