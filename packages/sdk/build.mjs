import { existsSync } from 'node:fs';
import { appendFile, chmod, copyFile, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { thirdPartyLicences } from './build-licences.mjs';

/**
 * Builds `dist/`: one self-contained file for each world, and the files they load. `node build.mjs`. The declarations
 * come from `tsc`.
 */

const HERE = fileURLToPath(new URL('.', import.meta.url));
const { resolve } = createRequire(import.meta.url);

/**
 * Output → source. `asset`: loaded by its address at run time.
 *
 * @type {Record<string, { source: string, platform: 'browser' | 'node', asset: boolean }>}
 */
const ENTRIES = {
  'index.js': { source: 'src/index.ts', platform: 'browser', asset: false },
  'ticket.js': { source: 'src/upload/targets/ticket-target.ts', platform: 'browser', asset: false },
  'tus.js': { source: 'src/upload/targets/tus-target.ts', platform: 'browser', asset: false },
  'file.js': { source: 'src/page/delivery/file-target.ts', platform: 'browser', asset: false },
  'codecs.js': { source: 'src/codecs/codecs.ts', platform: 'browser', asset: false },
  'peaks.js': { source: 'src/core/peaks.ts', platform: 'browser', asset: false },
  'adapter.openai-realtime.js': {
    source: 'src/adapters/openai-realtime/record-openai-realtime.ts',
    platform: 'browser',
    asset: false,
  },
  'debug.js': { source: 'src/page/debug/log-events.ts', platform: 'browser', asset: false },
  'tee.js': { source: 'src/page/tee/read-tee.ts', platform: 'browser', asset: false },
  'settings.js': { source: 'src/page/options/settings.ts', platform: 'browser', asset: false },
  'service-worker.js': { source: 'src/service-worker/service-worker.ts', platform: 'browser', asset: false },
  'testing.js': { source: 'src/testing/index.ts', platform: 'browser', asset: false },
  'engine.worker.js': { source: 'src/engine/engine.worker.ts', platform: 'browser', asset: true },
  'vad.silero.js': { source: 'src/engine/vad/silero-model.ts', platform: 'browser', asset: true },
  'opus.encoder.js': { source: 'src/codecs/wasm/opus-encoder.ts', platform: 'browser', asset: true },
  'opus.decoder.js': { source: 'src/codecs/wasm/opus-decoder.ts', platform: 'browser', asset: true },
  'mp3.encoder.js': { source: 'src/codecs/wasm/mp3-encoder.ts', platform: 'browser', asset: true },
  'mp3.decoder.js': { source: 'src/codecs/wasm/mp3-decoder.ts', platform: 'browser', asset: true },
  'sealer.js': { source: 'src/sealing/sealer.ts', platform: 'browser', asset: true },
  'unseal.js': { source: 'src/sealing/unseal.ts', platform: 'browser', asset: false },
  'tap.worklet.js': { source: 'src/audio-thread/tap.worklet.ts', platform: 'browser', asset: true },
  'player.worklet.js': { source: 'src/audio-thread/player.worklet.ts', platform: 'browser', asset: true },
  'cli.js': { source: 'src/cli/cli.ts', platform: 'node', asset: false },
};

/** Copied as they are: output → package and the file in it. */
const COPIES = {
  'lame.wasm': 'wasm-media-encoders/wasm/mp3',
  'ort-wasm-simd-threaded.wasm': 'onnxruntime-web/ort-wasm-simd-threaded.wasm',
  'silero_vad_v6.onnx': '@ricky0123/vad-web/dist/silero_vad_v6.onnx',
  'silero_vad_v5.onnx': '@ricky0123/vad-web/dist/silero_vad_v5.onnx',
  'silero_vad_legacy.onnx': '@ricky0123/vad-web/dist/silero_vad_legacy.onnx',
};

/** Vite 5 inlines smaller files as `data:` addresses, which a content security policy refuses. In bytes. */
const INLINE_LIMIT = 4096;

/** How `page/assets.ts` names a file of `dist/`. */
const ASSET_LITERAL = /new URL\((["'`])\.\/([^"'`]+?)\?no-inline\1,import\.meta\.url\)/g;

/** What code that holds ONNX Runtime cannot be without. */
const RUNTIME_TRACE = /InferenceSession/;

/**
 * Bundles one entry into a folder.
 *
 * @param {string} name one of the outputs: `engine.worker.js`
 * @param {string} folder where it goes, with its source map
 * @returns {Promise<string[]>} the files it was made of
 */
export async function bundle(name, folder) {
  const entry = ENTRIES[name];
  if (!entry) throw new Error(`There is no output ${name}. There are ${Object.keys(ENTRIES).join(', ')}.`);
  const input = join(HERE, entry.source);
  if (!existsSync(input)) throw new Error(`dist/${name} is made of ${entry.source}, and there is no such file.`);
  const build = await rolldown({
    input,
    cwd: HERE,
    platform: entry.platform,
    transform: { target: 'es2023' },
    plugins: [quietDetector, fixedRuntime, globalCrypto, bareLibopus],
    // A name that is not found must not become an import of the output.
    onwarn: (warning) => {
      throw new Error(`${name}: ${warning.message}`);
    },
  });
  const { output } = await build.write({
    file: join(folder, name),
    format: 'esm',
    codeSplitting: false,
    minify: true,
    sourcemap: true,
    comments: { legal: true, annotation: true, jsdoc: false },
    ...(entry.platform === 'node' ? { banner: '#!/usr/bin/env node' } : {}),
  });
  await build.close();
  const [chunk] = output;
  if (name === 'index.js') await keepLiterals(join(folder, name));
  if (entry.asset) await pad(join(folder, name));
  if (entry.platform === 'node') await chmod(join(folder, name), 0o755);
  else if (chunk.imports.length + chunk.dynamicImports.length > 0)
    throw new Error(
      `dist/${name} is not self-contained: it imports ${[...chunk.imports, ...chunk.dynamicImports].join(', ')}.`,
    );
  return chunk.moduleIds;
}

/**
 * Copies one file that no bundler touches.
 *
 * @param {string} name one of the outputs: `silero_vad_v6.onnx`
 * @param {string} folder
 */
export async function copyPackaged(name, folder) {
  const file = /** @type {Record<string, string | undefined>} */ (COPIES)[name];
  if (file === undefined) throw new Error(`There is no output ${name}. There are ${Object.keys(COPIES).join(', ')}.`);
  await mkdir(folder, { recursive: true });
  await copyFile(resolve(file), join(folder, name));
}

/** vad-web's logger writes to the console of whoever uses us. @type {import('rolldown').Plugin} */
const quietDetector = {
  name: 'quiet-detector',
  load: {
    filter: { id: /vad-web\/dist\/logging\.js$/ },
    handler: () => 'const silent = () => {}; exports.log = { error: silent, debug: silent, warn: silent };',
  },
};

/**
 * ONNX Runtime looks for its WebAssembly beside itself unless it is given one, which we always do. Bundlers of our users
 * follow such `new URL(…, import.meta.url)` even where no code does.
 *
 * @type {import('rolldown').Plugin}
 */
const fixedRuntime = {
  name: 'fixed-runtime',
  transform: {
    filter: { id: /onnxruntime-web\/dist\// },
    handler: (code) => ({ code: code.replaceAll('import.meta.url', '""'), map: null }),
  },
};

/**
 * HPKE's package asks Node 18 for its WebCrypto by an import. Every world of ours has it as a global.
 *
 * @type {import('rolldown').Plugin}
 */
const globalCrypto = {
  name: 'global-crypto',
  transform: {
    filter: { id: /@hpke\/common\/esm/ },
    handler: (code) => ({
      code: code.replaceAll('await import("crypto")', '{ webcrypto: globalThis.crypto }'),
      map: null,
    }),
  },
};

/**
 * opus-recorder's encoder is written for a worker of its own: it takes the thread's `onmessage`. We call only its
 * libopus. What it does in Node, which our tests run it in, goes too.
 *
 * @type {import('rolldown').Plugin}
 */
const bareLibopus = {
  name: 'bare-libopus',
  transform: {
    filter: { id: /opus-recorder\/dist\/encoderWorker/ },
    handler: (code) => ({
      code: code
        .replaceAll('typeof process==="object"', 'false')
        .replaceAll(/require\("\w+"\)/g, 'undefined')
        .replace('if(typeof module!=="undefined"){module["exports"]=Module}', '')
        .replace(';onmessage=((', ';var onmessage=((')
        // It declares a `module` of its own, so that no bundler takes it for CommonJS.
        .replace(/var module=module\|\|\{\};module\.exports=(\{[^}]*\})/, 'export default $1'),
      map: null,
    }),
  },
};

/**
 * The minifier turns quotes into backticks, and not every bundler follows those. Of the same length, so that the source
 * map stays true.
 *
 * @param {string} file
 */
async function keepLiterals(file) {
  const code = await readFile(file, 'utf8');
  await writeFile(file, code.replaceAll(ASSET_LITERAL, 'new URL("./$2?no-inline",import.meta.url)'));
}

/**
 * Makes a file larger than bundlers inline. At its end, so that its source map stays true.
 *
 * @param {string} file
 */
async function pad(file) {
  const missing = INLINE_LIMIT + 1 - (await stat(file)).size;
  if (missing <= 0) return;
  const licence = await readFile(join(HERE, '../../LICENSE'), 'utf8');
  const reason = `This file is padded beyond ${INLINE_LIMIT} bytes: bundlers turn smaller ones into data: addresses, which a content security policy refuses.`;
  const text = `\n/*!\nTurntape\n\n${licence.trim()}\n\n${reason}\n`;
  await appendFile(file, `${text}${'.'.repeat(Math.max(0, missing - text.length))}\n*/\n`);
}

/** Builds everything, and checks what the bundlers of our users will meet. */
async function buildAll() {
  const dist = join(HERE, 'dist');
  // `dist/types` is tsc's.
  for (const name of [...Object.keys(ENTRIES), ...Object.keys(COPIES)]) await rm(join(dist, name), { force: true });
  const [bundled] = await Promise.all([
    Promise.all(Object.keys(ENTRIES).map((name) => bundle(name, dist))),
    Promise.all(Object.keys(COPIES).map((name) => copyPackaged(name, dist))),
  ]);
  await writeFile(join(dist, 'THIRD_PARTY_LICENSES.txt'), await thirdPartyLicences(bundled.flat()));
  await checkOutput(dist);
}

/** @param {string} dist */
async function checkOutput(dist) {
  /** @type {Record<string, string>} */
  const code = {};
  for (const name of Object.keys(ENTRIES)) code[name] = await readFile(join(dist, name), 'utf8');
  const named = [...(code['index.js'] ?? '').matchAll(ASSET_LITERAL)].map(([, , name = '']) => name);
  const assets = [...Object.keys(ENTRIES).filter((name) => ENTRIES[name]?.asset), ...Object.keys(COPIES)];
  const wrong = [
    ...assets
      .filter((name) => !named.includes(name))
      .map((name) => `index.js has no new URL('./${name}?no-inline', …).`),
    ...named.filter((name) => !assets.includes(name)).map((name) => `index.js names ${name}, which is not built.`),
    ...['index.js', 'engine.worker.js']
      .filter((name) => RUNTIME_TRACE.test(code[name] ?? ''))
      .map((name) => `${name} holds ONNX Runtime, which must be loaded only when a model is asked for.`),
    ...(RUNTIME_TRACE.test(code['vad.silero.js'] ?? '') ? [] : ['vad.silero.js holds no ONNX Runtime.']),
    ...Object.keys(ENTRIES)
      .filter((name) => ENTRIES[name]?.asset && code[name]?.includes('import.meta.url'))
      .map((name) => `${name} looks for files beside itself: addresses must be passed in.`),
  ];
  for (const name of assets) {
    const { size } = await stat(join(dist, name));
    if (size <= INLINE_LIMIT) wrong.push(`${name} has ${size} bytes; bundlers inline up to ${INLINE_LIMIT}.`);
  }
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  // The command line copies what is listed here.
  await writeFile(join(dist, 'assets.json'), `${JSON.stringify(assets, null, 2)}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await buildAll().catch((/** @type {unknown} */ error) => {
    console.error(`turntape was not built.\n${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  });
}
