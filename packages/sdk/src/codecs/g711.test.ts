import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { decodeG711, encodeG711 } from './g711.ts';
import { toFloat } from './pcm-input.ts';

const ALL = Uint8Array.from({ length: 256 }, (_, code) => code);

function byFfmpeg(format: string): Int16Array {
  const { stdout } = spawnSync(
    'ffmpeg',
    ['-v', 'error', '-f', format, '-ar', '8000', '-ac', '1', '-i', '-', '-f', 's16le', '-'],
    {
      input: ALL,
    },
  );
  return new Int16Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.length));
}

test.each(['mulaw', 'alaw'] as const)(
  '[G711-1] all 256 codes of %s are to the bit what ffmpeg makes of them',
  (law) => {
    const expected = byFfmpeg(law);
    expect(expected).toHaveLength(256);
    expect(decodeG711(ALL, law)).toEqual(expected);
    expect(toFloat(ALL, law)).toEqual(Float32Array.from(expected, (sample) => sample / 32_768));
  },
);

test.each(['mulaw', 'alaw'] as const)(
  '[G711-2] %s that is encoded again is what it was, and no sample is further from its own than by ffmpeg',
  (law) => {
    const values = decodeG711(ALL, law);
    // µ-law has two zeros.
    const again = decodeG711(encodeG711(values, law), law);
    expect(again).toEqual(values);
    expect(new Set(encodeG711(values, law)).size).toBe(new Set(values).size);
    const samples = Int16Array.from({ length: 65_536 }, (_, index) => index - 32_768);
    const args = ['-v', 'error', '-f', 's16le', '-ar', '8000', '-ac', '1', '-i', '-', '-f', law, '-'];
    const theirs = decodeG711(spawnSync('ffmpeg', args, { input: samples }).stdout, law);
    const ours = decodeG711(encodeG711(samples, law), law);
    const worse = samples.filter((sample, n) => Math.abs(ours[n]! - sample) > Math.abs(theirs[n]! - sample));
    expect(Array.from(worse)).toEqual([]);
  },
);

test('[PCM-1] each kind of PCM comes to the same full scale, to the bit', () => {
  expect([...toFloat(Int16Array.of(-32_768, 0, 16_384))]).toEqual([-1, 0, 0.5]);
  expect([...toFloat(Float32Array.of(-1, 0, 0.5))]).toEqual([-1, 0, 0.5]);
  expect([...toFloat(Uint8Array.of(0, 128, 192), 'u8')]).toEqual([-1, 0, 0.5]);
  // As ffmpeg reads unsigned bytes.
  expect(Int16Array.from(toFloat(ALL, 'u8'), (sample) => sample * 32_768)).toEqual(byFfmpeg('u8'));
});

test('[PCM-1] what is no number is silence, and does not stay in a filter', () => {
  expect([...toFloat(Float32Array.of(NaN, Infinity, -Infinity, 0.25))]).toEqual([0, 0, 0, 0.25]);
});

test('[PCM-2] what is no PCM, and bytes that do not say what they are, are refused by name', () => {
  expect(() => toFloat(ALL)).toThrowError(expect.objectContaining({ code: 'invalid_argument', field: 'encoding' }));
  expect(() => toFloat([1, 2] as never)).toThrowError(
    expect.objectContaining({ code: 'invalid_argument', field: 'samples' }),
  );
});
