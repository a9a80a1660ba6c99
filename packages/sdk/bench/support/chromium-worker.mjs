import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { rolldown } from 'rolldown';
import { findChromium } from '../../../../scripts/browser.mjs';
import { bundle as bundleAsset, copyPackaged } from '../../build.mjs';

/** A module in a DedicatedWorker of real Chromium, for measurements and tests that need Node's tools beside it. */

/** Served by the browser's own request interception: a secure context without a server. */
const ORIGIN = 'http://localhost';

/** @typedef {import('./chromium-worker.d.mts').ChromiumWorker} ChromiumWorker */

/**
 * Bundles `entry` (its exported functions become callable) and starts it in a worker. `files` are served at `/NAME`.
 *
 * @param {string} entry path of a module
 * @param {Record<string, string>} files name to path
 * @param {{ policy?: string }} options `policy`: a content security policy for the worker.
 * @returns {Promise<ChromiumWorker>}
 */
export async function startChromiumWorker(entry, files = {}, { policy } = {}) {
  const code = await bundle(entry);
  const executablePath = await findChromium();
  const browser = await chromium.launch({
    ...(executablePath ? { executablePath } : {}),
    args: ['--no-sandbox', '--disable-gpu'],
  });
  try {
    const page = await browser.newPage();
    await page.route(`${ORIGIN}/**`, async (route) => {
      const name = new URL(route.request().url()).pathname.slice(1);
      if (name === '') return route.fulfill({ contentType: 'text/html', body: '<!doctype html>' });
      if (name === 'worker.js')
        return route.fulfill({
          contentType: 'text/javascript',
          body: code,
          headers: policy ? { 'content-security-policy': policy } : {},
        });
      const path = files[name];
      if (!path) return route.fulfill({ status: 404 });
      const contentType = name.endsWith('.js') ? 'text/javascript' : 'application/octet-stream';
      return route.fulfill({ contentType, body: await readFile(path) });
    });
    await page.goto(`${ORIGIN}/`);
    await page.evaluate(() => {
      const worker = new Worker('/worker.js', { type: 'module' });
      globalThis.callWorker = (name, args) =>
        new Promise((resolve, reject) => {
          const once = { once: true };
          const answer = ({ data }) => ('error' in data ? reject(new Error(data.error)) : resolve(data.value));
          worker.addEventListener('message', answer, once);
          worker.addEventListener('error', (event) => reject(new Error(event.message)), once);
          worker.postMessage({ name, args });
        });
    });
    return {
      call: (name, ...args) => page.evaluate(([name, args]) => globalThis.callWorker(name, args), [name, args]),
      close: () => browser.close(),
    };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

/**
 * Builds files of `dist/` into a folder of their own, for the worker to load.
 *
 * @param {string[]} names
 * @returns {Promise<{ files: Record<string, string>, remove: () => Promise<void> }>}
 */
export async function buildAssets(names) {
  const folder = await mkdtemp(join(tmpdir(), 'turntape-assets-'));
  await Promise.all(names.map((name) => (name.endsWith('.js') ? bundleAsset : copyPackaged)(name, folder)));
  return {
    files: Object.fromEntries(names.map((name) => [name, join(folder, name)])),
    remove: () => rm(folder, { recursive: true }),
  };
}

/** @param {string} entry */
async function bundle(entry) {
  const wrapper = `
    import * as functions from ${JSON.stringify(entry)};
    addEventListener('message', async ({ data: { name, args } }) => {
      try {
        postMessage({ value: await functions[name](...args) });
      } catch (error) {
        const { code, field } = error ?? {};
      postMessage({ error: [code, field, String(error?.stack ?? error)].filter(Boolean).join(' ') });
      }
    });`;
  const built = await rolldown({
    input: 'worker-wrapper',
    platform: 'browser',
    tsconfig: false,
    plugins: [
      {
        name: 'worker-wrapper',
        resolveId: (id) => (id === 'worker-wrapper' ? id : null),
        load: (id) => (id === 'worker-wrapper' ? wrapper : null),
      },
    ],
  });
  const { output } = await built.generate({ format: 'esm' });
  await built.close();
  return output[0].code;
}
