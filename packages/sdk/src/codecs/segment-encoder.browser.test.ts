import { expect, test } from 'vitest';
import type { TurntapeError } from '../core/errors.ts';
import { assembleFile } from './assemble-file.ts';
import { DEFAULT_OPUS_SETTINGS } from './opus-engine.ts';
import { OPUS_RATE } from './opus-head.ts';
import { readPacketChunk, writePacketChunk } from './packet-chunk.ts';
import { checkEncoder, createSegmentEncoder } from './segment-encoder.ts';
import type { SegmentEncoderOptions } from './segment-encoder.ts';
import { webCodecsOpus } from './webcodecs-opus.ts';

const CHOICE = { format: 'opus', sampleRate: OPUS_RATE, bitrate: 24_000 } as const;

function opusEncoder(options: Partial<SegmentEncoderOptions> = {}) {
  const chunks: ArrayBuffer[] = [];
  const encoder = createSegmentEncoder({
    ...CHOICE,
    chunkMs: 100,
    onChunk: (chunk) => chunks.push(chunk),
    onError: (error) => expect.fail(error.message),
    ...options,
  });
  return { chunks, encoder };
}

/** A tone that rises, so that every place in it sounds different. */
function sweep(frames: number, slowness = 4e6): Float32Array {
  return Float32Array.from({ length: frames }, (_, n) => 0.5 * Math.sin(n * 0.02 + (n * n) / slowness));
}

async function decode(file: Uint8Array<ArrayBuffer>): Promise<Float32Array> {
  const context = new OfflineAudioContext(1, 1, OPUS_RATE);
  return (await context.decodeAudioData(file.slice().buffer)).getChannelData(0);
}

/** How alike two signals are, 1 at most. Zero lag: a frame too early or too late lowers it. */
function likeness(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (const [n, x] of a.entries()) {
    const y = b[n] ?? 0;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / Math.sqrt(aa * bb);
}

test('[ENC-8] an Opus file decodes to exactly the samples that were written, each in its place', async () => {
  for (const frames of [1, 647, 648, 649, 959, 960, 961, 4_800, 48_000, 100_001]) {
    const { chunks, encoder } = opusEncoder();
    const input = sweep(frames);
    encoder.write(input);
    await encoder.finish();
    const { file, samples } = assembleFile({ ...CHOICE, chunks });
    expect(samples).toBe(frames);
    const decoded = await decode(file);
    expect(decoded).toHaveLength(frames);
    if (frames > 4_000) expect(likeness(input, decoded)).toBeGreaterThan(0.98);
  }
});

test('[ENC-9] chunks leave while the turn runs, whole packets of at most chunkMs', async () => {
  const { chunks, encoder } = opusEncoder({ chunkMs: 70 });
  for (let written = 0; written < OPUS_RATE; written += 480) encoder.write(sweep(480));
  // 50 packets in chunks of three: sixteen are full without the turn having ended.
  await expect.poll(() => chunks.length).toBe(16);
  await encoder.finish();
  expect(chunks.map((chunk) => readPacketChunk(chunk).packets.length)).toEqual([...Array<number>(16).fill(3), 3]);
  expect(chunks.map((chunk) => readPacketChunk(chunk).endTrim)).toEqual([...Array<number>(16).fill(0), 960 - 312]);
});

test('[ENC-10] a file cut to its first chunks holds all that they do, in its place', async () => {
  const { chunks, encoder } = opusEncoder();
  const input = sweep(OPUS_RATE);
  encoder.write(input);
  await expect.poll(() => chunks.length).toBe(10);
  encoder.close();
  for (const left of [1, 2, 7, 10]) {
    const { file, samples } = assembleFile({ ...CHOICE, chunks: chunks.slice(0, left) });
    expect(samples).toBe(left * 4_800 - 312);
    const decoded = await decode(file);
    expect(decoded).toHaveLength(samples);
    expect(likeness(input.subarray(0, samples), decoded)).toBeGreaterThan(0.95);
  }
});

test('[ENC-11] a file can be trimmed to any number of samples', async () => {
  const { chunks, encoder } = opusEncoder();
  const input = sweep(OPUS_RATE);
  encoder.write(input);
  await encoder.finish();
  for (const samples of [1, 48_000 - 960, 20_000, 47_999]) {
    const assembled = assembleFile({ ...CHOICE, chunks, samples });
    expect(assembled.samples).toBe(samples);
    expect(await decode(assembled.file)).toHaveLength(samples);
  }
});

test('[ENC-12] a backlog waits and is never dropped: a minute at once comes out whole and in order', async () => {
  const { chunks, encoder } = opusEncoder();
  const input = sweep(60 * OPUS_RATE, 1e8);
  encoder.write(input);
  expect(encoder.queuedSamples).toBe(60 * OPUS_RATE);
  await encoder.finish();
  expect(encoder.queuedSamples).toBe(0);
  const { file, samples } = assembleFile({ ...CHOICE, chunks });
  expect(samples).toBe(60 * OPUS_RATE);
  const decoded = await decode(file);
  for (let second = 0; second < 60; second += 1) {
    const [from, to] = [second * OPUS_RATE, (second + 1) * OPUS_RATE];
    expect(likeness(input.subarray(from, to), decoded.subarray(from, to))).toBeGreaterThan(0.95);
  }
});

test('[ENC-13] closing while it finishes settles finish with an error, and no chunk follows', async () => {
  const { chunks, encoder } = opusEncoder();
  encoder.write(sweep(30 * OPUS_RATE));
  const finished = encoder.finish();
  encoder.close();
  await expect(finished).rejects.toMatchObject({ code: 'aborted' });
  const given = chunks.length;
  // Another turn runs through meanwhile: what the closed one had under way would have come by now.
  const other = opusEncoder();
  other.encoder.write(sweep(OPUS_RATE));
  await other.encoder.finish();
  expect(chunks).toHaveLength(given);
});

test('[ENC-14] a turn of no samples makes no chunk', async () => {
  const { chunks, encoder } = opusEncoder();
  await encoder.finish();
  expect(chunks).toHaveLength(0);
});

test('[ENC-15] the facts name engine, settings and the pre-skip that the encoder told', async () => {
  const { chunks, encoder } = opusEncoder({ opus: { complexity: 5, application: 'voip' }, bitrate: 16_000 });
  encoder.write(sweep(960));
  await encoder.finish();
  expect(encoder.facts).toEqual({
    engine: 'webcodecs',
    codec: 'opus',
    sampleRate: 48_000,
    numChannels: 1,
    bitrate: 16_000,
    bitrateMode: 'variable',
    complexity: 5,
    application: 'voip',
    signal: 'voice',
    frameMs: 20,
    expectedLossPercent: 0,
    preSkip: 312,
  });
  expect(readPacketChunk(chunks[0]!)).toMatchObject({ numChannels: 1, preSkip: 312 });
});

test('[ENC-16] settings that the browser refuses are a typed error, at once or by onError', async () => {
  await checkEncoder(CHOICE);
  expect(() => opusEncoder({ opus: { complexity: 11 } })).toThrowError(
    expect.objectContaining({ code: 'invalid_argument', field: 'opus' }),
  );
  await expect(checkEncoder({ ...CHOICE, opus: { complexity: 11 } })).rejects.toMatchObject({
    code: 'invalid_argument',
    field: 'opus',
  });
  const settings = { ...DEFAULT_OPUS_SETTINGS, bitrate: 1 };
  expect(await webCodecsOpus.supports(settings)).toBe(false);
  const errors: TurntapeError[] = [];
  const encoding = webCodecsOpus.open(settings, {
    packet: () => expect.fail('no packet can come'),
    error: (error) => errors.push(error),
  });
  encoding.encode(new Float32Array(960));
  await expect(encoding.flush()).rejects.toMatchObject({ code: 'unsupported_format', field: 'format' });
  expect(errors).toHaveLength(1);
  encoding.encode(new Float32Array(960));
  encoding.close();
});

test('[ENC-17] stereo packets make a stereo file of exact length, left and right where they belong', async () => {
  const packets: Uint8Array[] = [];
  const encoding = webCodecsOpus.open(
    { ...DEFAULT_OPUS_SETTINGS, numChannels: 2, bitrate: 64_000 },
    { packet: (bytes) => packets.push(bytes), error: (error) => expect.fail(error.message) },
  );
  const left = sweep(10 * 960);
  for (let packet = 0; packet < 10; packet += 1) {
    encoding.encode(Float32Array.from({ length: 2 * 960 }, (_, n) => (n % 2 === 0 ? left[packet * 960 + n / 2]! : 0)));
  }
  await encoding.flush();
  const chunk = writePacketChunk({ numChannels: 2, preSkip: encoding.preSkip, endTrim: 0, packets });
  encoding.close();
  const samples = 10 * 960 - 312;
  const { file } = assembleFile({ ...CHOICE, chunks: [chunk], samples });
  const decoded = await new OfflineAudioContext(2, 1, OPUS_RATE).decodeAudioData(file.buffer);
  expect([decoded.numberOfChannels, decoded.length]).toEqual([2, samples]);
  expect(likeness(left.subarray(0, samples), decoded.getChannelData(0))).toBeGreaterThan(0.95);
  const loudest = (channel: number) =>
    decoded.getChannelData(channel).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  expect(loudest(1)).toBeLessThan(loudest(0) / 10);
});
