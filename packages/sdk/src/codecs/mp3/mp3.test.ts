import { execFileSync } from 'node:child_process';
import { afterAll, expect, test } from 'vitest';
import { openMp3Tools, voice } from '../../../bench/support/mp3-tools.mjs';
import { MP3_RATES } from '../../core/mp3-rates.ts';
import { assembleFile } from '../assemble-file.ts';
import { readPacketChunk } from '../packet-chunk.ts';
import { silenceChunk, silenceFile } from '../silence.ts';
import { lameBitrates, nearestBitrate } from './mp3-engine.ts';
import { Mp3SegmentEncoder } from './mp3-segment-encoder.ts';

/** LAME in WebAssembly as it is built, in Node, and ffmpeg as the player. */

const tools = await openMp3Tools();
afterAll(() => tools.close());

async function encode(input: Float32Array, rate: number, bitrate = nearestBitrate(rate, 64_000), chunkMs = 60) {
  const chunks: ArrayBuffer[] = [];
  const settings = { numChannels: 1, sampleRate: rate, bitrate } as const;
  const encoder = new Mp3SegmentEncoder(
    tools.encoder,
    settings,
    chunkMs,
    (chunk) => chunks.push(chunk),
    (error) => expect.fail(error.message),
  );
  for (let at = 0; at < input.length; at += 512) encoder.write(input.subarray(at, at + 512));
  await encoder.finish();
  encoder.close();
  return { chunks, encoder, ...assembleFile({ format: 'mp3', sampleRate: rate, chunks }) };
}

const decode = (file: Uint8Array): Float32Array => tools.played(file)[0] ?? new Float32Array(0);

/** The shift at which two signals are most alike, and how alike they are there: 1 at most. */
function bestShift(a: Float32Array, b: Float32Array): { shift: number; likeness: number } {
  let best = { shift: NaN, likeness: -1 };
  for (let shift = -1_110; shift <= 1_110; shift += 1) {
    let [ab, aa, bb] = [0, 0, 0];
    for (let n = 2_000; n < Math.min(a.length, b.length) - 2_000; n += 11) {
      const [x, y] = [a[n] ?? 0, b[n + shift] ?? 0];
      ab += x * y;
      aa += x * x;
      bb += y * y;
    }
    const likeness = ab / Math.sqrt(aa * bb);
    if (likeness > best.likeness) best = { shift, likeness };
  }
  return best;
}

test('[MP3-1] ffmpeg decodes exactly the samples that were written, each in its place, at every rate of MP3', async () => {
  for (const rate of MP3_RATES) {
    for (const samples of rate === 44_100 ? [48, 1_151, 1_152, 4_800] : [4_800]) {
      const { file, samples: held } = await encode(voice(samples, rate), rate);
      expect({ rate, held, decoded: decode(file).length }).toEqual({ rate, held: samples, decoded: samples });
    }
    const input = voice(rate + 17, rate);
    const decoded = decode((await encode(input, rate)).file);
    expect(decoded).toHaveLength(input.length);
    const { shift, likeness } = bestShift(input, decoded);
    expect({ rate, shift }).toEqual({ rate, shift: 0 });
    expect(likeness).toBeGreaterThan(0.98);
  }
});

test('[MP3-2] the declared bitrate is the real one within 10 %, at the lowest and the highest of every rate', async () => {
  for (const rate of MP3_RATES) {
    const all = lameBitrates(rate);
    const seconds = 4;
    const spoken = voice(rate * seconds, rate);
    for (const bitrate of [all[0] ?? 0, all.at(-1) ?? 0]) {
      const { file, encoder } = await encode(spoken, rate, bitrate);
      expect(encoder.facts).toMatchObject({ bitrate, sampleRate: rate });
      expect(Math.abs((file.length * 8) / seconds / bitrate - 1), `${rate} Hz, ${bitrate} bit/s`).toBeLessThan(0.1);
      const args = [
        '-v',
        'error',
        '-show_entries',
        'stream=codec_name,sample_rate,channels,bit_rate',
        '-of',
        'csv=p=0',
      ];
      const [codec, at, channels, probed] = execFileSync('ffprobe', [...args, tools.path(file)])
        .toString()
        .trim()
        .split(',');
      expect([codec, Number(at), Number(channels)]).toEqual(['mp3', rate, 1]);
      expect(Math.abs(Number(probed) / bitrate - 1), `ffprobe: ${probed}`).toBeLessThan(0.1);
    }
  }
});

test('[MP3-2] a bitrate that LAME does not have becomes the nearest one', () => {
  expect(nearestBitrate(48_000, 56_000)).toBe(48_000);
  expect(nearestBitrate(48_000, 6_000)).toBe(32_000);
  expect(nearestBitrate(8_000, 256_000)).toBe(64_000);
  expect(nearestBitrate(24_000, 24_000)).toBe(24_000);
});

test('[MP3-3] chunks leave at least every 100 ms of audio, and each is whole frames', async () => {
  for (const rate of MP3_RATES) {
    const { chunks } = await encode(voice(rate, rate), rate);
    const perUnit = rate >= 32_000 ? 1_152 : 576;
    for (const chunk of chunks)
      expect((readPacketChunk(chunk).packets.length * perUnit) / rate).toBeLessThanOrEqual(0.1);
  }
});

test('[MP3-4] a list of chunks that was cut short, trimmed, or is empty makes a file as valid as any', async () => {
  const rate = 44_100;
  const { chunks } = await encode(voice(rate, rate), rate);
  for (const [kept, samples] of [
    [chunks.slice(0, 1), undefined],
    [chunks.slice(0, 9), undefined],
    [chunks, 12_345],
    [chunks, 48],
    [chunks, 1],
    [chunks, 0],
    [[], undefined],
  ] as const) {
    const made = assembleFile({
      format: 'mp3',
      sampleRate: rate,
      chunks: kept,
      ...(samples === undefined ? {} : { samples }),
    });
    expect(made.samples).toBe(samples ?? Math.max(0, kept.length * 2 * 1_152 - 1_105));
    // A player trims no more than the last frame, and wants to see two.
    const excess = made.samples < 48 ? 47 : 0;
    expect(Math.abs(decode(made.file).length - made.samples)).toBeLessThanOrEqual(excess);
  }
});

test('[MP3-5] the same chunks make the same bytes, and a file taken apart and put together is the same file', async () => {
  const rate = 24_000;
  const { chunks, file } = await encode(voice(rate, rate), rate);
  expect(assembleFile({ format: 'mp3', sampleRate: rate, chunks }).file).toEqual(file);
  // A redaction of nothing takes the file apart and finds nothing to do; one of the last sample changes only its frames.
  expect(silenceFile('mp3', file, { from: rate + 5_000, to: rate + 6_000 })).toBeUndefined();
  const changed = silenceFile('mp3', file, { from: rate - 1, to: rate }) ?? file;
  expect(changed).toHaveLength(file.length);
  const before = decode(file);
  expect(decode(changed).subarray(0, rate - 3_000)).toEqual(before.subarray(0, rate - 3_000));
});

test.each([
  [48_000, 64_000],
  [44_100, 32_000],
  [16_000, 24_000],
  [8_000, 8_000],
])(
  '[MP3-6] a redacted range of %i Hz at %i bit/s is digital silence, by chunk and by file alike; what lies around it stays',
  async (rate, bitrate) => {
    const { chunks, file } = await encode(voice(rate * 3, rate), rate, bitrate);
    const range = { from: rate + 123, to: 2 * rate - 77 };
    const redacted = silenceFile('mp3', file, range) ?? file;
    let start = 0;
    const silenced = chunks.map((chunk) => {
      const { bytes, end } = silenceChunk('mp3', chunk, start, range);
      start = end;
      return bytes ?? chunk;
    });
    expect(assembleFile({ format: 'mp3', sampleRate: rate, chunks: silenced }).file).toEqual(redacted);
    const [before, after] = [decode(file), decode(redacted)];
    expect(after).toHaveLength(before.length);
    expect(Math.max(...after.subarray(range.from, range.to).map(Math.abs))).toBeLessThan(1e-6);
    const edge = 4 * 1_152;
    expect(after.subarray(0, range.from - edge)).toEqual(before.subarray(0, range.from - edge));
    expect(after.subarray(range.to + edge)).toEqual(before.subarray(range.to + edge));
    // Of the bytes that described it nothing is left: the frames that sound only there hold zeros.
    const held = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    expect(silenced.reduce((sum, chunk) => sum + chunk.byteLength, 0)).toBeLessThan(held * 0.85);
  },
);

test('[MP3-7] a backlog comes out whole; closing gives no chunk more, and frees the encoder for the next', async () => {
  const rate = 48_000;
  const chunks: ArrayBuffer[] = [];
  const encoder = new Mp3SegmentEncoder(
    tools.encoder,
    { numChannels: 1, sampleRate: rate, bitrate: 64_000 },
    60,
    (chunk) => chunks.push(chunk),
    (error) => expect.fail(error.message),
  );
  encoder.write(voice(rate * 20, rate));
  expect(encoder.queuedSamples).toBeGreaterThan(rate);
  const finished = encoder.finish();
  encoder.close();
  await expect(finished).rejects.toMatchObject({ code: 'aborted' });
  expect(chunks).toEqual([]);
  const { file } = await encode(voice(rate * 2, rate), rate);
  const again = await encode(voice(rate * 2, rate), rate);
  expect(again.file).toEqual(file);
});
