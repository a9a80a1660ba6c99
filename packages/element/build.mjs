import { rm } from 'node:fs/promises';
import { rolldown } from 'rolldown';

/**
 * Three builds:
 * - `index.js` and `define.js`, and apart from them `player.js`, for bundlers: `lit` and `turntape` stay imports, so that a
 *   page has each of them once;
 * - `turn-tape.bundle.js`, for a page without a bundler: everything in one file, the SDK's exports included. It stands
 *   in the folder that `turntape copy-assets` fills, since it looks for the workers beside itself. An import map would
 *   spare the copy, but a policy of `script-src 'self'` forbids one;
 * - `turn-tape-player.bundle.js`, the same of the player, without the SDK: it loads the file above beside itself when a
 *   session of the device is asked for.
 */
const out = new URL('./dist/', import.meta.url).pathname;
const source = (name) => new URL(`./src/${name}`, import.meta.url).pathname;

const FROM_OUTSIDE = [/^lit(\/|$)/, /^turntape(\/|$)/];

/** @param {import('rolldown').InputOptions} input @param {import('rolldown').OutputOptions} output */
async function build(input, output) {
  const bundle = await rolldown({ platform: 'browser', ...input });
  await bundle.write({ dir: out, format: 'esm', sourcemap: true, ...output });
  await bundle.close();
}

// The declarations under dist/types are tsc's.
for (const name of [
  'index.js',
  'define.js',
  'turn-tape.js',
  'turn-tape.bundle.js',
  'player.js',
  'turn-tape-player.bundle.js',
]) {
  await rm(`${out}${name}`, { force: true });
}
await build(
  { input: { index: source('index.ts'), define: source('define.ts') }, external: FROM_OUTSIDE },
  // Minified, since not every bundler does it to what it is given; the maps have the sources.
  { chunkFileNames: 'turn-tape.js', minify: true },
);
await build(
  { input: { player: source('player/index.ts') }, external: FROM_OUTSIDE },
  { minify: true, codeSplitting: false },
);
await build({ input: { 'turn-tape.bundle': source('bundle.ts') } }, { minify: true, codeSplitting: false });
await build(
  { input: { 'turn-tape-player.bundle': source('player/index.ts') }, external: ['turntape'] },
  { minify: true, codeSplitting: false, paths: { turntape: './turn-tape.bundle.js' } },
);
