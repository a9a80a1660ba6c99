import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { rolldown } from 'rolldown';
import { serve } from '../../../../e2e/fixtures/serve.mjs';
import { findChromium } from '../../../../scripts/browser.mjs';
import { bundle, copyPackaged } from '../../build.mjs';

/** The detector as users get it, in a worker of a real Chromium, under a strict policy. */

/** No `blob:`, no `data:`, no `unsafe-eval`, nothing from elsewhere. */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'; img-src 'self'";

const COPIES = ['ort-wasm-simd-threaded.wasm', 'silero_vad_v6.onnx', 'silero_vad_v5.onnx', 'silero_vad_legacy.onnx'];

/** @typedef {import('./vad-page.d.mts').VadPage} VadPage */

/**
 * Builds the detector into a folder of its own, serves it and opens the page.
 *
 * @returns {Promise<VadPage>}
 */
export async function openVadPage() {
  const folder = await mkdtemp(join(tmpdir(), 'turntape-vad-'));
  await Promise.all([
    bundle('vad.silero.js', folder),
    bundleListener(folder),
    ...COPIES.map((name) => copyPackaged(name, folder)),
    writeFile(join(folder, 'index.html'), '<!doctype html><title>Detector</title>'),
    writeFile(join(folder, 'page.html'), '<!doctype html><title>Not found</title>'),
    writeFile(join(folder, 'broken.onnx'), 'this is no model'),
  ]);
  const site = await serve({ folders: { '/': folder }, policy: POLICY });
  const executablePath = await findChromium();
  const browser = await chromium.launch({
    ...(executablePath ? { executablePath } : {}),
    args: ['--no-sandbox', '--disable-gpu'],
  });
  const page = await browser.newPage();
  await page.goto(`${site.url}/`);
  let recordings = 0;
  return {
    url: site.url,
    answers: site.answers,
    violations: site.violations,
    async listen({ samples, ...options }) {
      const name = `recording-${(recordings += 1)}.f32`;
      await writeFile(join(folder, name), Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength));
      const urls = {
        module: `${site.url}/vad.silero.js`,
        model: `${site.url}/silero_vad_${options.model}.onnx`,
        ortWasm: `${site.url}/ort-wasm-simd-threaded.wasm`,
        ...options.urls,
      };
      return page.evaluate(hear, { ...options, urls, audioUrl: `${site.url}/${name}` });
    },
    async close() {
      await browser.close();
      await site.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** @param {string} folder */
async function bundleListener(folder) {
  const input = fileURLToPath(new URL('listener.worker.js', import.meta.url));
  const build = await rolldown({ input });
  await build.write({ file: join(folder, 'listener.worker.js'), format: 'esm', codeSplitting: false });
  await build.close();
}

/**
 * In the page: one worker for each recording.
 *
 * @param {object} options
 */
function hear(options) {
  return new Promise((resolve, reject) => {
    const worker = new Worker('/listener.worker.js', { type: 'module' });
    worker.addEventListener('message', ({ data }) => {
      worker.terminate();
      resolve(data);
    });
    worker.addEventListener('error', (event) => reject(new Error(event.message)));
    worker.postMessage(options);
  });
}
