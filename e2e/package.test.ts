import { readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { localProgram, ROOT } from '../scripts/run.mjs';
import { pack } from './support/pack.ts';
import { runOrThrow, runToEnd } from './support/tool.ts';

/** What is published: the built packages, looked at from outside. */

/** The files that a browser loads by address: each is one asset of its own. */
const ASSETS = [
  'engine.worker.js',
  'vad.silero.js',
  'opus.encoder.js',
  'opus.decoder.js',
  'mp3.encoder.js',
  'mp3.decoder.js',
  'lame.wasm',
  'tap.worklet.js',
  'player.worklet.js',
  'ort-wasm-simd-threaded.wasm',
  'silero_vad_v6.onnx',
  'silero_vad_v5.onnx',
  'silero_vad_legacy.onnx',
];

describe.each(['packages/sdk', 'packages/element'])('%s', (folder) => {
  let tarball: string;
  let paths: string[];

  beforeAll(async () => {
    tarball = await pack(folder);
    const list = await runOrThrow(['tar', '-tzf', tarball]);
    paths = list.split('\n').map((path) => path.replace(/^package\//, ''));
  });

  afterAll(() => rm(dirname(tarball), { recursive: true }));

  test('[PACK-3] publint has nothing to say of it', async () => {
    const packed = await readFile(tarball);
    const data = packed.buffer.slice(packed.byteOffset, packed.byteOffset + packed.byteLength);
    const { messages, pkg } = await publint({ pack: { tarball: data }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  test('[PACK-13] every entry has types that say what is there, for bundlers and for Node', async () => {
    const analysis = await checkPackage(createPackageFromTarballData(await readFile(tarball)));
    if (!analysis.types) throw new Error('It has no types.');
    // The package is of modules alone: `node10` knows no entries, and CommonJS takes it by `import()`.
    const told = analysis.problems.filter(
      (problem) => !('resolutionKind' in problem && ['node10', 'node16-cjs'].includes(problem.resolutionKind)),
    );
    expect(told).toEqual([]);
  });

  test('[PACK-4] it holds what was built and its sources, and no tests', () => {
    expect(paths).toEqual(expect.arrayContaining(['dist/index.js', 'dist/types/index.d.ts', 'src/index.ts']));
    expect(paths.filter((path) => /\.test\.[jt]s$|\.tsbuildinfo$|^\.|\/\./.test(path))).toEqual([]);
  });

  test('[PACK-5] to import it in Node has no effect and throws nothing', async () => {
    // Lit puts globals of its own into Node. They are there before we look.
    const script = `
      await import('lit').catch(() => undefined);
      const before = Object.getOwnPropertyNames(globalThis);
      const { name, exports } = JSON.parse(await (await import('node:fs/promises')).readFile('package.json', 'utf8'));
      const files = Object.values(exports).map((entry) => entry.default).filter(Boolean);
      // The element's other entries define it, which is their effect.
      const safe = name === 'turntape' ? files : files.slice(0, 1);
      const [entry] = await Promise.all(safe.map((file) => import(file)));
      const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.includes(name));
      process.stdout.write(JSON.stringify({ added, exports: Object.keys(entry).length > 0 }));
    `;
    const command = [process.execPath, '--input-type=module', '--eval', script];
    const { code, output } = await runToEnd(command, { cwd: join(ROOT, folder) });
    expect({ code, output }).toEqual({ code: 0, output: JSON.stringify({ added: [], exports: true }) });
  });
});

test('[PACK-6] every asset is built, and too big to be inlined by a bundler', async () => {
  for (const name of ASSETS) {
    expect((await stat(join(ROOT, 'packages', 'sdk', 'dist', name))).size, name).toBeGreaterThan(4096);
  }
});

test('[PACK-7] the entries stay within their size budgets', async () => {
  const { code, output } = await runToEnd([localProgram('size-limit')], { cwd: ROOT });
  expect(code, output).toBe(0);
});
