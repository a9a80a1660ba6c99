import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildAssets } from './chromium-worker.mjs';

/** LAME and mpg123 in WebAssembly as they are built, in Node, and ffmpeg as the player. */

/** @returns {Promise<import('./mp3-tools.d.mts').Mp3Tools>} */
export async function openMp3Tools() {
  const assets = await buildAssets(['mp3.encoder.js', 'mp3.decoder.js', 'lame.wasm']);
  const folder = mkdtempSync(join(tmpdir(), 'turntape-mp3-'));
  const load = (/** @type {string} */ name) => import(pathToFileURL(assets.files[name] ?? '').href);
  const { startMp3Encoder } = await load('mp3.encoder.js');
  const { loadMp3Decoder } = await load('mp3.decoder.js');
  return {
    encoder: await startMp3Encoder(readFileSync(assets.files['lame.wasm'] ?? '')),
    decoder: await loadMp3Decoder(),
    played: (file, numChannels = 1) => played(join(folder, 'made.mp3'), file, numChannels),
    path: (file) => {
      writeFileSync(join(folder, 'made.mp3'), file);
      return join(folder, 'made.mp3');
    },
    async close() {
      await assets.remove();
      rmSync(folder, { recursive: true });
    },
  };
}

/**
 * What ffmpeg plays of a file; it must have nothing to complain of.
 *
 * @param {string} path
 * @param {Uint8Array} file
 * @param {number} numChannels
 */
function played(path, file, numChannels) {
  writeFileSync(path, file);
  const { stdout, stderr } = spawnSync('ffmpeg', ['-v', 'warning', '-i', path, '-f', 'f32le', '-'], {
    maxBuffer: 2 ** 28,
  });
  // Of a file of two frames ffmpeg says that it might be something else, and of one of no samples that it is empty.
  const said = stderr.toString().replaceAll(/.*detected only with low score.*\n|Output file is empty.*\n/g, '');
  if (said !== '') throw new Error(said);
  const samples = new Float32Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.length));
  return Array.from({ length: numChannels }, (_, channel) => samples.filter((_, n) => n % numChannels === channel));
}

/**
 * Voiced sound under syllables, the same every time: every place in it is told apart from its neighbours.
 *
 * @param {number} samples
 * @param {number} rate
 */
export function voice(samples, rate) {
  let phase = 0;
  let noise = 1;
  return Float32Array.from({ length: samples }, (_, n) => {
    const seconds = n / rate;
    phase += (2 * Math.PI * (130 + 30 * Math.sin(2 * Math.PI * 0.7 * seconds))) / rate;
    noise = (noise * 16_807) % 2_147_483_647;
    const hiss = (noise / 2_147_483_647 - 0.5) * 0.02;
    const tone = Math.sin(phase) + Math.sin(2 * phase) / 2 + Math.sin(5 * phase) / 4 + Math.sin(9 * phase) / 6;
    return (0.25 * tone + hiss) * (0.6 + 0.4 * Math.sin(2 * Math.PI * 3 * seconds));
  });
}
