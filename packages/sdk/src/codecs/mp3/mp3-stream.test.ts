import { afterAll, expect, test } from 'vitest';
import { openMp3Tools, voice } from '../../../bench/support/mp3-tools.mjs';
import { MP3_RATES } from '../../core/mp3-rates.ts';
import { assembleFile } from '../assemble-file.ts';
import { silenceFile } from '../silence.ts';
import { decodeMp3 } from './mp3-decoding.ts';
import { type Mp3Settings, lameBitrates, nearestBitrate } from './mp3-engine.ts';
import { MP3_DELAY } from './mp3-file.ts';
import { Mp3SegmentEncoder } from './mp3-segment-encoder.ts';
import { Mp3Stream } from './mp3-stream.ts';

/** MP3 that is written as it is encoded, and MP3 on its way back to audio. */

const tools = await openMp3Tools();
afterAll(() => tools.close());

/** A file as an export writes it. */
async function stream(settings: Mp3Settings, channels: readonly Float32Array[]): Promise<Uint8Array<ArrayBuffer>> {
  const samples = channels[0]?.length ?? 0;
  const made = new Mp3Stream(settings, samples);
  const encoding = await tools.encoder.open(settings);
  const pieces = [made.head];
  for (let at = 0; at < samples; at += 5_000)
    pieces.push(made.take(encoding.encode(channels.map((channel) => channel.subarray(at, at + 5_000)))));
  const silence = new Float32Array(made.tailSamples);
  pieces.push(made.take(encoding.encode(channels.map(() => silence))), made.take(encoding.finish()));
  encoding.close();
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

/** A file as a turn is kept. */
async function segment(input: Float32Array, rate: number, bitrate: number) {
  const chunks: ArrayBuffer[] = [];
  const settings = { numChannels: 1, sampleRate: rate, bitrate } as const;
  const encoder = new Mp3SegmentEncoder(
    tools.encoder,
    settings,
    60,
    (chunk) => chunks.push(chunk),
    (error) => expect.fail(error.message),
  );
  encoder.write(input);
  await encoder.finish();
  encoder.close();
  return { chunks, ...assembleFile({ format: 'mp3', sampleRate: rate, chunks }) };
}

async function decoded(file: Uint8Array): Promise<Float32Array> {
  const pieces: Float32Array<ArrayBuffer>[] = [];
  for await (const piece of decodeMp3(file, tools.decoder)) pieces.push(piece.slice());
  return new Float32Array(await new Blob(pieces).arrayBuffer());
}

function worst(one: Float32Array, other: Float32Array): number {
  return one.reduce((most, sample, n) => Math.max(most, Math.abs(sample - (other[n] ?? NaN))), 0);
}

const rms = (samples: Float32Array, from: number, to: number): number =>
  Math.sqrt(samples.subarray(from, to).reduce((sum, sample) => sum + sample * sample, 0) / (to - from));

/** Of how much of a signal a decoded one differs, in dB. */
function signalToNoise(input: Float32Array, output: Float32Array): number {
  let [signal, noise] = [0, 0];
  for (const [n, sample] of input.entries()) {
    signal += sample * sample;
    noise += (sample - (output[n] ?? 0)) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

test('[MP3-9] MP3 written as it is encoded is exact: length, size and bitrate stand in its first frame, at every rate, mono and stereo', async () => {
  for (const sampleRate of MP3_RATES)
    for (const numChannels of [1, 2] as const) {
      // The lowest of every rate in mono, and twice the default in stereo.
      const bitrate = numChannels === 1 ? (lameBitrates(sampleRate)[0] ?? 0) : nearestBitrate(sampleRate, 128_000);
      const settings = { numChannels, sampleRate, bitrate };
      const input = voice(sampleRate + 777, sampleRate);
      const file = await stream(settings, numChannels === 1 ? [input] : [input, new Float32Array(input.length)]);
      const made = tools.played(file, numChannels);
      const samples = made.map(({ length }) => length);
      expect({ ...settings, samples }).toEqual({ ...settings, samples: Array(numChannels).fill(input.length) });
      const at = new TextDecoder('latin1').decode(file.subarray(0, 64)).indexOf('Info');
      expect(new DataView(file.buffer).getUint32(at + 12)).toBe(file.length);
      // Of its frames: at 8 kbit/s the Info frame alone is a third of a second.
      const frames = file.length - new Mp3Stream(settings, input.length).head.length;
      const seconds = (input.length + MP3_DELAY) / sampleRate;
      expect(Math.abs((frames * 8) / seconds / bitrate - 1), `${sampleRate}, ${bitrate}`).toBeLessThan(0.1);
    }
});

test('[MP3-9] each speaker is in a channel of its own, where it was said', async () => {
  const settings = { numChannels: 2, sampleRate: 48_000, bitrate: 128_000 } as const;
  const [left, right] = [voice(96_000, 48_000), new Float32Array(96_000)];
  right.set(voice(24_000, 44_100), 60_000);
  const made = tools.played(await stream(settings, [left, right]), 2);
  expect(signalToNoise(left, made[0] ?? left)).toBeGreaterThan(20);
  expect(signalToNoise(right, made[1] ?? right)).toBeGreaterThan(15);
  expect(rms(made[1] ?? right, 0, 50_000)).toBeLessThan(1e-4);
});

test('[MP3-13] the level is what was said, at every bitrate', async () => {
  const sampleRate = 48_000;
  const input = Float32Array.from({ length: 24_000 }, (_, n) => 0.9 * Math.sin((2 * Math.PI * 440 * n) / sampleRate));
  for (const bitrate of lameBitrates(sampleRate)) {
    const made = await decoded(await stream({ numChannels: 1, sampleRate, bitrate }, [input]));
    expect(Math.abs(20 * Math.log10(rms(made, 4_800, 19_200) / rms(input, 4_800, 19_200))), `${bitrate}`).toBeLessThan(
      0.02,
    );
  }
});

test('[MP3-9] no samples, one, and those around a frame make a file of exactly as many', async () => {
  for (const samples of [0, 48, 1_151, 1_152, 4_801]) {
    const settings = { numChannels: 2, sampleRate: 44_100, bitrate: 128_000 } as const;
    const input = voice(samples, 44_100);
    const file = await stream(settings, [input, input]);
    // A player trims no more than the last frame, and wants to see two.
    const [made] = tools.played(file, 2);
    if (samples > 0) expect(made).toHaveLength(samples);
    expect(await decoded(file)).toHaveLength(samples);
  }
});

test('[MP3-10] a kept file decodes to the samples that ffmpeg makes of it, every one, at every rate', async () => {
  for (const rate of MP3_RATES)
    for (const samples of rate === 44_100 ? [1, 48, 1_105, 1_152, 30_001] : [30_001]) {
      const input = voice(samples, rate);
      const { file } = await segment(input, rate, nearestBitrate(rate, 64_000));
      const ours = await decoded(file);
      expect({ rate, samples, decoded: ours.length }).toEqual({ rate, samples, decoded: samples });
      // Of a file of less than 1 ms ffmpeg plays other samples: see FEWEST_FRAMES.
      if (samples < 48) continue;
      const theirs = tools.played(file)[0] ?? ours;
      expect(worst(ours, theirs), `${samples} at ${rate}`).toBeLessThan(2e-3);
    }
});

test('[MP3-10] what was redacted, cut short or trimmed decodes to its length; what is no file of ours is refused', async () => {
  const rate = 24_000;
  const { chunks, file } = await segment(voice(3 * rate, rate), rate, 32_000);
  const redacted = silenceFile('mp3', file, { from: rate, to: 2 * rate }) ?? file;
  const silent = await decoded(redacted);
  expect(silent).toHaveLength(3 * rate);
  expect(Math.max(...silent.subarray(rate, 2 * rate).map(Math.abs))).toBeLessThan(1e-6);
  for (const [kept, samples] of [
    [chunks.slice(0, 5), undefined],
    [chunks, 12_345],
    [[], undefined],
  ] as const) {
    const cut = assembleFile({ format: 'mp3', sampleRate: rate, chunks: kept, ...(samples && { samples }) });
    expect(await decoded(cut.file)).toHaveLength(cut.samples);
  }
  await expect(decoded(new Uint8Array(500))).rejects.toMatchObject({ code: 'storage_failed' });
  await expect(decoded(file.subarray(0, file.length - 9))).rejects.toMatchObject({ code: 'storage_failed' });
});
