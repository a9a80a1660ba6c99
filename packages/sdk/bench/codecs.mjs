import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAssets, startChromiumWorker } from './support/chromium-worker.mjs';
import { PAIRS } from './support/resampler-quality.mjs';
import { addNoise, recordSpeech } from './support/spoken.mjs';

/** Encoders against native `opusenc` on the same speech in the same run, and the resampler. */

/** @typedef {{ name: string, value: number, unit: string, note?: string }} Row */

const RATE = 48_000;
const ROUNDS = 3;
const HOUR_S = 3_600;
/** Complexity 9 is the default; 5 is the one to fall back on when the device is slow; 10 and 0 are the ends. */
const COMPLEXITIES = [10, 9, 5, 0];
const ENGINES = ['webcodecs', 'wasm'];

/** @returns {Promise<Row[]>} */
export async function codecsBench() {
  const folder = await mkdtemp(join(tmpdir(), 'turntape-codecs-'));
  const speech = addNoise(await recordSpeech({ count: 12, clockRate: RATE }), 40).samples;
  const files = { raw: join(folder, 'speech'), wav: join(folder, 'speech.wav'), opus: join(folder, 'speech.opus') };
  await writeFile(files.raw, speech);
  run('ffmpeg', '-v', 'error', '-f', 'f32le', '-ar', `${RATE}`, '-ac', '1', '-i', files.raw, files.wav);
  const entry = fileURLToPath(new URL('support/codecs.worker.mjs', import.meta.url));
  const assets = await buildAssets(['opus.encoder.js', 'mp3.encoder.js', 'lame.wasm']);
  const worker = await startChromiumWorker(entry, { ...assets.files, speech: files.raw });
  try {
    return [
      ...(await encodeSpeed(worker, files, speech)),
      ...(await encodeQuality(worker, files, speech)),
      ...(await resamplerFigures(worker)),
    ];
  } finally {
    await worker.close();
    await assets.remove();
    await rm(folder, { recursive: true });
  }
}

/** @param {{ engine: string, complexity: number }} variant */
const key = ({ engine, complexity }) => `${engine} ${complexity}`;

/** @returns {Promise<Row[]>} */
async function encodeSpeed(worker, files, speech) {
  const speechMs = (speech.length / RATE) * 1000;
  const variants = ENGINES.flatMap((engine) => COMPLEXITIES.map((complexity) => ({ engine, complexity })));
  /** @type {Record<string, number[]>} */
  const times = { native: [], wav: [], mp3: [] };
  for (const engine of ENGINES) await worker.call('encode', { format: 'opus', samples: RATE, opus: { engine } });
  // Interleaved, so that what else the machine does meets all of them alike.
  for (let round = 0; round < ROUNDS; round += 1) {
    const began = performance.now();
    run('opusenc', '--quiet', '--bitrate', '24', files.wav, files.opus);
    times.native.push(performance.now() - began);
    for (const variant of variants) {
      const { ms } = await worker.call('encode', { format: 'opus', bitrate: 24_000, opus: variant });
      (times[key(variant)] ??= []).push(ms);
    }
    times.wav.push((await worker.call('encode', { format: 'wav' })).ms);
    times.mp3.push((await worker.call('encode', { format: 'mp3', bitrate: 64_000 })).ms);
  }
  const speed = (ms) => speechMs / median(ms);
  const note = `24 kbit/s, ${Math.round(speechMs / 1000)} s of speech, median of ${ROUNDS}`;
  return [
    { name: 'opusenc, complexity 10', value: speed(times.native), unit: '× realtime', note: `${note}, whole program` },
    ...variants.flatMap((variant) => {
      const name = `Opus by ${variant.engine}, complexity ${variant.complexity}`;
      const ms = times[key(variant)];
      return [
        { name, value: speed(ms), unit: '× realtime', note },
        { name: `${name}, to opusenc`, value: median(times.native) / median(ms), unit: '× as fast' },
      ];
    }),
    { name: 'WAV in a worker', value: speed(times.wav), unit: '× realtime' },
    { name: 'MP3 in a worker, 64 kbit/s', value: speed(times.mp3), unit: '× realtime' },
  ];
}

/** @returns {Promise<Row[]>} */
async function encodeQuality(worker, files, speech) {
  const rows = [];
  for (const kilobits of [16, 24, 32]) {
    run('opusenc', '--quiet', '--comp', '9', '--bitrate', `${kilobits}`, files.wav, files.opus);
    const theirs = await measureFile(files.opus, speech);
    for (const engine of ENGINES) {
      const { base64 } = await worker.call('encode', { format: 'opus', bitrate: kilobits * 1000, opus: { engine } });
      await writeFile(files.opus, Buffer.from(base64, 'base64'));
      const ours = await measureFile(files.opus, speech);
      const real = ((ours.bytes * 8) / (speech.length / RATE) / 1000).toFixed(1);
      rows.push(
        {
          name: `SNR at ${kilobits} kbit/s, ${engine}`,
          value: ours.snrDb,
          unit: 'dB',
          note: `opusenc, complexity 9: ${theirs.snrDb.toFixed(2)}`,
        },
        {
          name: `Size at ${kilobits} kbit/s, ${engine}`,
          value: ours.bytes / theirs.bytes,
          unit: '× opusenc',
          note: `${real} kbit/s`,
        },
      );
    }
  }
  return rows;
}

async function measureFile(path, speech) {
  const raw = run('ffmpeg', '-v', 'error', '-i', path, '-f', 'f32le', '-');
  const decoded = new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length));
  let [signal, noise] = [0, 0];
  for (const [n, sample] of speech.entries()) {
    signal += sample * sample;
    noise += (sample - (decoded[n] ?? 0)) ** 2;
  }
  return { snrDb: 10 * Math.log10(signal / noise), bytes: (await stat(path)).size };
}

/** @returns {Promise<Row[]>} */
async function resamplerFigures(worker) {
  const rows = [];
  for (const [from, to, seconds] of [
    [44_100, 48_000, HOUR_S],
    [48_000, 16_000, 300],
    [44_100, 16_000, 300],
  ]) {
    const name = `Resampler ${from} → ${to}`;
    const { ms, outputFrames } = await worker.call('resample', from, to, seconds);
    const fast = await worker.call('resample', from, to, 300, 'fast');
    rows.push(
      { name, value: (seconds * 1000) / ms, unit: '× realtime', note: 'blocks of 512 frames' },
      { name: `${name}, \`fast\``, value: 300_000 / fast.ms, unit: '× realtime' },
      { name: `${name}, work of \`fast\``, value: fast.ms / 300 / (ms / seconds), unit: '× best' },
    );
    if (seconds === HOUR_S)
      rows.push({ name: `${name}, drift in an hour`, value: outputFrames - to * seconds, unit: 'frames' });
  }
  const [best, fast] = [await qualityOf(worker, 'best'), await qualityOf(worker, 'fast')];
  const lateMs = Math.max(
    ...best.filter((each) => each.to === 16_000 && each.from > each.to).map((each) => each.lookAheadMs),
  );
  return [
    ...rows,
    ...qualityRows('Resampler', '0.9', best),
    ...qualityRows('Resampler, `fast`', '0.8', fast),
    { name: 'Resampler, look-ahead to 16000', value: lateMs, unit: 'ms', note: 'from 22050 Hz and above' },
  ];
}

async function qualityOf(worker, quality) {
  const measured = [];
  for (const [from, to] of PAIRS) measured.push(await worker.call('resamplerQuality', from, to, quality));
  return measured;
}

/** @returns {Row[]} */
function qualityRows(name, edge, measured) {
  const worst = measured.toSorted((a, b) => a.rejectionDb - b.rejectionDb)[0];
  const flat = Math.max(...measured.map((each) => each.passBandDb));
  const note = `to ${edge} of the lower Nyquist, ${PAIRS.length} pairs`;
  return [
    { name: `${name}, worst rejection`, value: worst.rejectionDb, unit: 'dB', note: `${worst.from} → ${worst.to}` },
    { name: `${name}, pass band`, value: flat, unit: '± dB', note },
  ];
}

function run(tool, ...args) {
  return execFileSync(tool, args, { maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'pipe'] });
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
