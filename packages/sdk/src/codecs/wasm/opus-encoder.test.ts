import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildAssets, startChromiumWorker } from '../../../bench/support/chromium-worker.mjs';
import { DEFAULT_OPUS_SETTINGS, type OpusEngine, type OpusSettings } from '../opus-engine.ts';
import { opusPacketFrames } from '../opus-head.ts';
import { OpusSegmentEncoder } from '../opus-segment-encoder.ts';
import { readPacketChunk } from '../packet-chunk.ts';

/** The built file itself: libopus in WebAssembly runs in Node as it does in a worker. */

const assets = await buildAssets(['opus.encoder.js', 'opus.decoder.js']);
let engine: OpusEngine;

beforeAll(async () => {
  const url = pathToFileURL(assets.files['opus.encoder.js'] ?? '').href;
  const module = (await import(/* @vite-ignore */ url)) as { loadOpusEncoder(): Promise<OpusEngine> };
  engine = await module.loadOpusEncoder();
});

const silence = mkdtempSync(join(tmpdir(), 'turntape-silence-'));
writeFileSync(
  join(silence, 'speech'),
  Float32Array.from({ length: 48_000 }, (_, n) => 0.4 * Math.sin(n * 0.03)),
);

afterAll(async () => {
  await assets.remove();
  rmSync(silence, { recursive: true });
});

const tone = (frames: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: frames }, (_, n) => 0.4 * Math.sin(n * 0.03 + (n * n) / 4e6));

function open(settings: Partial<OpusSettings> = {}) {
  const packets: Uint8Array[] = [];
  const encoding = engine.open(
    { ...DEFAULT_OPUS_SETTINGS, ...settings },
    { packet: (bytes) => packets.push(bytes), error: (error) => expect.fail(error.message) },
  );
  return { packets, encoding };
}

test('[OPUS-10] the WebAssembly encoder says what it is made of, and the true delay of its libopus', () => {
  expect(engine.name).toBe('wasm');
  expect(engine.library).toMatch(/^opus-recorder \d+\.\d+\.\d+, libopus \d+\.\d+\.\d+$/);
  const { encoding } = open();
  // opus-recorder's own Ogg writer says 3840.
  expect(encoding.preSkip).toBe(312);
  encoding.close();
});

/** Of 25 packets with these settings, which must be as long as asked. */
async function sizes(settings: Partial<OpusSettings>): Promise<number[]> {
  const { packets, encoding } = open(settings);
  const frames = ((settings.frameMs ?? 20) / 1000) * 48_000;
  for (let packet = 0; packet < 25; packet += 1) encoding.encode(tone(frames));
  await encoding.flush();
  encoding.close();
  for (const packet of packets) expect(opusPacketFrames(packet)).toBe(frames);
  return packets.map((packet) => packet.length);
}

test('[OPUS-11] every setting reaches the encoder', async () => {
  expect(new Set(await sizes({ bitrateMode: 'constant', bitrate: 32_000 }))).toEqual(new Set([80]));
  expect(new Set(await sizes({ bitrateMode: 'constant', bitrate: 32_000, frameMs: 60 }))).toEqual(new Set([240]));
  expect(new Set(await sizes({ bitrateMode: 'variable' })).size).toBeGreaterThan(1);
  const plain = await sizes({});
  for (const settings of [{ complexity: 0 }, { application: 'voip' }, { bitrate: 64_000 }] as const)
    expect(await sizes(settings)).not.toEqual(plain);
  for (const frameMs of [10, 20, 40, 60] as const) expect(await sizes({ frameMs })).toHaveLength(25);
});

test('[OPUS-11] a setting that libopus refuses is refused by name', () => {
  expect(() => open({ complexity: 11 })).toThrowError(
    expect.objectContaining({ code: 'invalid_argument', field: 'opus' }),
  );
});

/** Processor time of four seconds of audio, in milliseconds: the machine's other work is not in it. */
async function work(complexity: number): Promise<number> {
  const { encoding } = open({ complexity });
  const frames = tone(960);
  const before = process.cpuUsage();
  for (let packet = 0; packet < 200; packet += 1) encoding.encode(frames.slice());
  await encoding.flush();
  const { user } = process.cpuUsage(before);
  encoding.close();
  return user / 1000;
}

test('[OPUS-19] the more complexity, the more work: it costs at 10 a good deal more than at 0', async () => {
  // Compiled by then.
  for (const complexity of [0, 10]) await work(complexity);
  const [least, most] = [await work(0), await work(10)];
  expect(most, `${least} ms, ${most} ms`).toBeGreaterThan(1.5 * least);
});

test('[OPUS-12] packets leave for storage at least every 100 ms, whatever their length', async () => {
  for (const frameMs of [10, 20, 40, 60] as const) {
    const chunks: ArrayBuffer[] = [];
    const settings = { ...DEFAULT_OPUS_SETTINGS, frameMs };
    const encoder = new OpusSegmentEncoder(
      engine,
      settings,
      60,
      (chunk) => chunks.push(chunk),
      (error) => expect.fail(error.message),
    );
    for (let written = 1; written <= 10; written += 1) {
      encoder.write(tone(4_800));
      // As live audio comes: each block in a turn of the event loop of its own.
      await new Promise((resolve) => setTimeout(resolve));
      expect(chunks.length).toBeGreaterThanOrEqual(written);
    }
    for (const chunk of chunks) {
      const frames = readPacketChunk(chunk).packets.reduce((sum, packet) => sum + opusPacketFrames(packet), 0);
      expect(frames).toBeLessThanOrEqual(2_880);
    }
    encoder.close();
  }
});

test('[OPUS-13] a backlog is worked off in pieces, in order and whole: others have their turn in between', async () => {
  const { packets, encoding } = open();
  let turns = 0;
  const others = setInterval(() => (turns += 1));
  for (let packet = 0; packet < 500; packet += 1) encoding.encode(tone(960));
  expect(packets.length).toBeLessThan(100);
  await encoding.flush();
  clearInterval(others);
  expect(packets).toHaveLength(500);
  expect(turns).toBeGreaterThan(5);
  encoding.close();

  const whole = open();
  for (let packet = 0; packet < 10; packet += 1) whole.encoding.encode(tone(960));
  expect(packets.slice(0, 10)).toEqual(whole.packets);
  whole.encoding.close();
});

test('[OPUS-14] closing settles what waits, frees the encoder, and a thousand of them fit one after the other', async () => {
  for (let count = 0; count < 1_000; count += 1) {
    const { encoding } = open({ numChannels: 2 });
    encoding.close();
    encoding.close();
  }
  const { encoding, packets } = open();
  for (let packet = 0; packet < 100; packet += 1) encoding.encode(tone(960));
  const flushed = encoding.flush();
  encoding.close();
  await expect(flushed).rejects.toMatchObject({ code: 'aborted' });
  const known = packets.length;
  encoding.encode(tone(960));
  expect(packets).toHaveLength(known);
});

const entry = fileURLToPath(new URL('../../../bench/support/codecs.worker.mjs', import.meta.url));
const TRY = { format: 'opus', opus: { engine: 'wasm' }, samples: 960 };

test('[OPUS-15] a policy that forbids WebAssembly, and a file that is not there, are said with their fix', async () => {
  const speech = join(silence, 'speech');
  const forbidden = await startChromiumWorker(entry, { ...assets.files, speech }, { policy: "script-src 'self'" });
  await expect(forbidden.call('encode', TRY)).rejects.toThrow(/encoder_failed encoder\.engine .*'wasm-unsafe-eval'/);
  await forbidden.close();
  const missing = await startChromiumWorker(entry, { speech });
  await expect(missing.call('encode', TRY)).rejects.toThrow(/asset_not_found assetBase .*copy-assets/);
  await missing.close();
});

test('[OPUS-16] where the browser has no encoder `auto` is WebAssembly, and where it has one it is the browser’s', async () => {
  const worker = await startChromiumWorker(entry, { ...assets.files, speech: join(silence, 'speech') });
  const auto = { format: 'opus', samples: 9_600 };
  expect(await worker.call('encode', auto)).toMatchObject({ samples: 9_600, facts: { engine: 'webcodecs' } });
  const made = await worker.call('encodeWithoutBrowser', auto);
  expect(made).toMatchObject({
    samples: 9_600,
    facts: { engine: 'wasm', library: expect.stringContaining('libopus') },
  });
  await worker.close();
});

test('[DECODE-10] where the browser has no decoder packets come to the same audio by ours', async () => {
  const worker = await startChromiumWorker(entry, { ...assets.files, speech: join(silence, 'speech') });
  const browser: { heard: number[]; frames: number } = await worker.call('decodePackets', true);
  const ours: { heard: number[] } = await worker.call('decodePackets', false);
  await worker.close();
  expect(browser.heard).toHaveLength(browser.frames);
  expect(ours.heard).toHaveLength(browser.frames);
  const worst = ours.heard.reduce((most, sample, n) => Math.max(most, Math.abs(sample - (browser.heard[n] ?? 0))), 0);
  expect(worst).toBeLessThan(1e-3);
});
