import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildAssets, startChromiumWorker } from '../../bench/support/chromium-worker.mjs';
import type { ChromiumWorker } from '../../bench/support/chromium-worker.mjs';
import { addNoise, recordSpeech } from '../../bench/support/spoken.mjs';
import { estimateBytes } from '../core/estimate-bytes.ts';
import { readOggOpus } from './read-ogg-opus.ts';
import { toPcm16 } from './wav.ts';

/** Files made in a worker of real Chromium, opened with the tools that others will open them with. */

const RATE = 48_000;
const folder = mkdtempSync(join(tmpdir(), 'turntape-codecs-'));
const ENGINES = ['webcodecs', 'wasm'] as const;
const assets = await buildAssets(['opus.encoder.js', 'mp3.encoder.js', 'lame.wasm']);
let worker: ChromiumWorker;
let speech: Float32Array;
let utterances: readonly { onset: number; end: number }[];

beforeAll(async () => {
  // With a quiet room under it, as every microphone hears one: after digital silence the libopus of opus-tools and the
  // browser's newer one find the speech's bandwidth at different times (docs/decisions/0002-opus-files.md).
  ({ samples: speech, utterances } = addNoise(await recordSpeech({ count: 3, clockRate: RATE }), 40));
  writeFileSync(join(folder, 'speech'), speech);
  const entry = fileURLToPath(new URL('../../bench/support/codecs.worker.mjs', import.meta.url));
  worker = await startChromiumWorker(entry, { ...assets.files, speech: join(folder, 'speech') });
});

afterAll(async () => {
  await worker?.close();
  await assets.remove();
  rmSync(folder, { recursive: true });
});

/** Encodes in Chromium; the options are those of `encode` in `bench/support/codecs.worker.mjs`. */
async function encode(options: object): Promise<{ path: string; samples: number; bytes: number }> {
  const made: { base64: string; samples: number } = await worker.call('encode', options);
  const path = join(folder, 'format' in options && options.format === 'wav' ? 'made.wav' : 'made.opus');
  const file = Buffer.from(made.base64, 'base64');
  writeFileSync(path, file);
  return { path, samples: made.samples, bytes: file.length };
}

function output(tool: string, ...args: string[]): Buffer {
  return execFileSync(tool, args, { maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Samples as a decoder gives them out: container durations would count the pre-skip. */
function decodedSamples(path: string, by = ['ffmpeg', 'opusdec']): Record<string, number> {
  const decoded = {
    ffmpeg: () => output('ffmpeg', '-v', 'error', '-i', path, '-f', 's16le', '-'),
    opusdec: () => output('opusdec', '--quiet', '--rate', `${RATE}`, path, '-'),
  };
  return Object.fromEntries(
    Object.entries(decoded).flatMap(([tool, decode]) => (by.includes(tool) ? [[tool, decode().length / 2]] : [])),
  );
}

/** What opusinfo says; it must have nothing to complain of. */
function opusinfo(...paths: string[]): string {
  const { status, stdout, stderr } = spawnSync('opusinfo', paths, { encoding: 'utf8' });
  const said = stdout + stderr;
  expect(said).not.toMatch(/warning|error|hole|corrupt|invalid|negative/i);
  expect(status, said).toBe(0);
  return said;
}

test.each(ENGINES)(
  '[FILE-9] ffmpeg and opusdec decode exactly the turn by %s, opusinfo has no warning',
  async (engine) => {
    for (const samples of [1, 648, 649, 960, 4_800, 47_999, 100_001]) {
      const made = await encode({ format: 'opus', samples, opus: { engine } });
      expect(made.samples).toBe(samples);
      expect(decodedSamples(made.path)).toEqual({ ffmpeg: samples, opusdec: samples });
      expect(opusinfo(made.path)).toContain('Pre-skip: 312');
    }
    const probed = output('ffprobe', '-v', 'error', '-show_streams', '-of', 'json', join(folder, 'made.opus'));
    const { streams } = JSON.parse(probed.toString()) as { streams: unknown[] };
    expect(streams).toEqual([expect.objectContaining({ codec_name: 'opus', sample_rate: '48000', channels: 1 })]);
  },
);

test.each(ENGINES)('[FILE-9] the same holds for %s at both ends of every setting', async (engine) => {
  for (const { opus, ...options } of [
    { bitrate: 6_000, chunkMs: 20 },
    { bitrate: 510_000, chunkMs: 100 },
    { bitrate: 24_000, chunkMs: 5_000 },
    { opus: { complexity: 0, frameMs: 60 } },
    { opus: { complexity: 10, frameMs: 10 } },
    { opus: { application: 'voip', signal: 'music', frameMs: 40, bitrateMode: 'constant' } },
  ]) {
    const { path } = await encode({ format: 'opus', samples: 96_001, ...options, opus: { ...opus, engine } });
    expect(decodedSamples(path)).toEqual({ ffmpeg: 96_001, opusdec: 96_001 });
    opusinfo(path);
  }
});

/** Odd numbers, the same every time. */
function* oddLengths(): Generator<number, never> {
  for (let state = 9; ;) {
    state = (state * 16_807) % 2_147_483_647;
    yield 2 * (state % 30_000) + 1;
  }
}

test.each(ENGINES)(
  '[OPUS-17] at every bitrate mode, packet length and application %s makes a file of exactly so many samples, without a warning',
  async (engine) => {
    const lengths = oddLengths();
    const paths: string[] = [];
    for (const bitrateMode of ['constant', 'variable'])
      for (const frameMs of [10, 20, 40, 60])
        for (const application of ['audio', 'voip']) {
          const { value: samples } = lengths.next();
          const made = await encode({ format: 'opus', samples, opus: { engine, bitrateMode, frameMs, application } });
          const path = join(folder, `${engine}-${bitrateMode}-${frameMs}-${application}.opus`);
          renameSync(made.path, path);
          paths.push(path);
          const { opusdec } = decodedSamples(path, ['opusdec']);
          expect({ path, opusdec }).toEqual({ path, opusdec: samples });
        }
    const said = opusinfo(...paths);
    expect(said.match(/Pre-skip: 312/g)).toHaveLength(16);
    // Packets are as long as asked.
    for (const frameMs of ['10.0', '20.0', '40.0', '60.0'])
      expect(
        said.match(new RegExp(`Packet duration: +${frameMs}ms \\(max\\), +${frameMs}ms \\(avg\\)`, 'g')),
      ).toHaveLength(4);
  },
);

/** Without a header: what libopus itself is given. */
function packetsOf(path: string): Uint8Array[] {
  return readOggOpus(readFileSync(path)).packets;
}

test.each(ENGINES)('[OPUS-11] every setting of Opus reaches the encoder by %s', async (engine) => {
  const lengths = async (opus: object, bitrate = 32_000) => {
    const { path } = await encode({ format: 'opus', samples: 96_000, bitrate, opus: { engine, ...opus } });
    return packetsOf(path).map(({ length }) => length);
  };
  const plain = await lengths({});
  expect(new Set(plain).size).toBeGreaterThan(5);
  expect(new Set(await lengths({ bitrateMode: 'constant' }))).toEqual(new Set([80]));
  expect(new Set(await lengths({ bitrateMode: 'constant', frameMs: 60 }))).toEqual(new Set([240]));
  expect((await lengths({ frameMs: 10 })).length).toBeGreaterThan(1.9 * plain.length);
  for (const other of [{ complexity: 0 }, { application: 'voip' }, { complexity: 5, signal: 'music' }])
    expect(await lengths(other), JSON.stringify(other)).not.toEqual(plain);
  expect(await lengths({}, 24_000)).not.toEqual(plain);
});

/** The samples of a file whose every fifth packet is gone. */
function lossy(path: string, how: 'none' | 'concealed' | 'fec'): Float32Array {
  const input = Buffer.concat(
    packetsOf(path).flatMap((packet) => [Buffer.of(packet.length & 0xff, packet.length >> 8), packet]),
  );
  const program = fileURLToPath(new URL('../../bench/support/lossy-decode.mjs', import.meta.url));
  const raw = execFileSync(process.execPath, [program, how], { input, maxBuffer: 2 ** 28 });
  return new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length));
}

test.each(ENGINES)(
  '[OPUS-18] with an expected loss each packet of speech by %s holds the one before, and a lost one is heard again',
  async (engine) => {
    /** How much truer a lost packet is when it is taken from the one after it, in dB. */
    const gained = async (expectedLossPercent: number): Promise<number> => {
      const opus = { engine, application: 'voip', expectedLossPercent };
      const { path } = await encode({ format: 'opus', samples: 144_000, bitrate: 32_000, opus });
      const sent = lossy(path, 'none');
      const missing = (how: 'concealed' | 'fec') => {
        const heard = lossy(path, how);
        return sent.reduce((sum, sample, n) => sum + (n % 4_800 >= 3_840 ? (sample - (heard[n] ?? 0)) ** 2 : 0), 0);
      };
      return 10 * Math.log10(missing('concealed') / missing('fec'));
    };
    expect(await gained(20)).toBeGreaterThan(3);
    expect(Math.abs(await gained(0))).toBeLessThan(1);
  },
  120_000,
);

test('[FILE-10] a list of chunks that was cut short, trimmed, or is empty makes a file as valid as any', async () => {
  for (const [options, samples] of [
    [{ cutTo: 1 }, 4_800 - 312],
    [{ cutTo: 7 }, 7 * 4_800 - 312],
    [{ trimTo: 12_345 }, 12_345],
    [{ trimTo: 1 }, 1],
    [{ trimTo: 0 }, 0],
    [{ cutTo: 0 }, 0],
  ] as const) {
    const made = await encode({ format: 'opus', samples: 60_000, ...options });
    expect(made.samples).toBe(samples);
    expect(decodedSamples(made.path)).toEqual({ ffmpeg: samples, opusdec: samples });
    opusinfo(made.path);
  }
});

test('[FILE-11] a finished file has a page for each second', async () => {
  const { path, samples } = await encode({ format: 'opus' });
  expect(samples).toBe(speech.length);
  expect(opusinfo(path)).toMatch(/Page duration: +1000\.0ms \(max\)/);
});

test('[FILE-12] a WAV file is bit-equal to what was written, at any rate', async () => {
  for (const sampleRate of [8_000, 16_000, 22_050, 44_100, 48_000]) {
    const samples = 50_001;
    const { path } = await encode({ format: 'wav', sampleRate, samples });
    const told = ['-r', '-s', '-b', '-c', '-e'].map((flag) => output('soxi', flag, path).toString().trim());
    expect(told).toEqual([`${sampleRate}`, `${samples}`, '16', '1', 'Signed Integer PCM']);
    const decoded = output('ffmpeg', '-v', 'error', '-i', path, '-f', 's16le', '-');
    const expected = Int16Array.from(speech.subarray(0, samples), toPcm16);
    expect(decoded.equals(new Uint8Array(expected.buffer))).toBe(true);
  }
  const empty = await encode({ format: 'wav', samples: 0 });
  expect(output('soxi', '-s', empty.path).toString().trim()).toBe('0');
});

test('[FILE-13] the sound is as true to its source as opusenc makes it with the same settings, and as small', async () => {
  const source = join(folder, 'source.wav');
  const native = join(folder, 'native.opus');
  writeFileSync(join(folder, 'source.f32'), speech);
  output(
    'ffmpeg',
    '-v',
    'error',
    '-f',
    'f32le',
    '-ar',
    `${RATE}`,
    '-ac',
    '1',
    '-i',
    join(folder, 'source.f32'),
    source,
  );
  for (const [bitrate, settings, ...asked] of [
    [16_000, {}, '--comp', '9'],
    [24_000, {}, '--comp', '9'],
    [32_000, {}, '--comp', '9'],
    [24_000, { complexity: 5 }, '--comp', '5', '--speech'],
    [24_000, { bitrateMode: 'constant' }, '--comp', '9', '--hard-cbr'],
  ] as const) {
    output('opusenc', '--quiet', ...asked, '--bitrate', `${bitrate / 1000}`, source, native);
    const theirs = signalToNoise(native);
    const nativeBytes = Number(output('stat', '-c', '%s', native).toString());
    for (const engine of ENGINES) {
      const { path, bytes } = await encode({ format: 'opus', bitrate, opus: { engine, complexity: 9, ...settings } });
      const ours = signalToNoise(path);
      expect(Math.abs(ours - theirs), `${engine} ${asked.join(' ')}: ${ours} dB, opusenc ${theirs} dB`).toBeLessThan(
        0.2,
      );
      expect(bytes / nativeBytes, `${engine} ${asked.join(' ')}`).toBeLessThan(1.02);
      expect(Math.abs((bytes * 8) / (speech.length / RATE) / bitrate - 1)).toBeLessThan(0.1);
    }
  }
});

test('[EXPORT-12] how large a file will be is known before: WAV to the byte, constant bitrates within 1 %, variable ones within 5 %', async () => {
  const spokenMs = utterances.reduce((sum, { onset, end }) => sum + ((end - onset) / RATE) * 1000, 0);
  const opus = [12_000, 16_000, 24_000, 32_000, 48_000, 64_000].flatMap((bitrate) => [
    { within: 0.05, format: 'opus', bitrate } as const,
    ...([10, 20, 60] as const).map(
      (frameMs) => ({ within: 0.01, format: 'opus', bitrate, bitrateMode: 'constant', frameMs }) as const,
    ),
  ]);
  for (const { within, ...options } of [
    { within: 0, format: 'wav', sampleRate: 16_000 } as const,
    { within: 0.01, format: 'mp3', bitrate: 64_000 } as const,
    { within: 0.01, format: 'mp3', bitrate: 32_000, sampleRate: 16_000 } as const,
    ...opus,
  ])
    for (const samples of within === 0.01 ? [30_000, 100_001] : [speech.length]) {
      const none = { bitrateMode: undefined, frameMs: undefined, sampleRate: undefined };
      const { bitrateMode, frameMs, sampleRate = RATE } = { ...none, ...options };
      const settings = { ...(bitrateMode && { bitrateMode }), ...(frameMs && { frameMs }) };
      const { bytes } = await encode({ ...options, samples, opus: settings });
      // The worker takes its speech for one of the file's rate, whatever that is.
      const durationMs = (samples / sampleRate) * 1000;
      const estimated = estimateBytes({ ...options, durationMs, speechMs: spokenMs });
      const told = `${JSON.stringify({ ...options, samples })}: ${estimated} for ${bytes}`;
      expect(Math.abs(estimated / bytes - 1), told).toBeLessThanOrEqual(within);
    }
});

/** Of the decoded file against the speech, frame by frame without any shift, in dB. */
function signalToNoise(path: string): number {
  const raw = output('ffmpeg', '-v', 'error', '-i', path, '-f', 'f32le', '-');
  const decoded = new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length));
  let [signal, noise] = [0, 0];
  for (let n = 0; n < speech.length; n += 1) {
    const sample = speech[n] ?? 0;
    signal += sample * sample;
    noise += (sample - (decoded[n] ?? 0)) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}
