import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../scripts/run.mjs';
import { runOrThrow } from './support/tool.ts';

/** The doors of the house: what a newcomer and CI type, and what must never be in a tracked file. */

const read = (path: string) => readFile(join(ROOT, path), 'utf8');

interface Manifest {
  scripts?: Record<string, string>;
  [dependencies: `${string}ependencies`]: Record<string, string> | undefined;
}

const examples = ['html', 'react', 'vue', 'svelte'].map((name) => `demo/examples/${name}`);
const manifests = ['.', 'packages/sdk', 'packages/element', 'packages/server', 'demo', ...examples, 'e2e'];
const manifest = async (folder: string) => JSON.parse(await read(join(folder, 'package.json'))) as Manifest;

async function trackedFiles(): Promise<string[]> {
  const list = await runOrThrow(['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT });
  return list.split('\0').filter((path) => path !== '');
}

test('[DOOR-1] `start`, `test`, `test:long`, `check` and `bench` are doors of the workspace, and each script is there', async () => {
  const { scripts = {} } = await manifest('.');
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['start', 'test', 'test:long', 'check', 'bench']));
  for (const command of Object.values(scripts)) {
    const [, file] = /^node (\S+)/.exec(command) ?? [];
    if (file) expect((await stat(join(ROOT, file))).isFile(), command).toBe(true);
  }
});

test('[DOOR-2] CI runs the tests by the door that a newcomer uses, and does nothing else', async () => {
  const lines = (await read('.ci/run')).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(lines).toEqual(['set -euo pipefail', 'cd "$(dirname "$0")/.."', 'exec npx -y pnpm@12 test']);
  expect((await stat(join(ROOT, '.ci/run'))).mode & 0o111, 'executable').not.toBe(0);
});

test('[DOOR-3] every dependency is pinned to one version', async () => {
  for (const folder of manifests) {
    const { dependencies, devDependencies } = await manifest(folder);
    for (const [name, range] of Object.entries({ ...dependencies, ...devDependencies })) {
      expect(range, `${folder}: ${name}`).toMatch(/^(\d+\.\d+\.\d+([-+][\w.]+)?|workspace:\*)$/);
    }
  }
});

test('[DOOR-4] the lock file holds no download addresses', async () => {
  expect((await read('pnpm-lock.yaml')).split('\n').filter((line) => /tarball:|https?:/.test(line))).toEqual([]);
});

test('[DOOR-5] no tracked file names a registry host', async () => {
  // Put together here, so that this file does not name one itself.
  const hosts = [
    ['registry', 'npmjs', 'org'],
    ['registry', 'yarnpkg', 'com'],
    ['npm', 'pkg', 'github', 'com'],
  ].map((parts) => parts.join('.'));
  for (const path of await trackedFiles()) {
    const text = await read(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    for (const host of hosts) expect(text.includes(host), `${path} names ${host}`).toBe(false);
  }
});

test('[DOOR-6] no recording is tracked: speech is made by a script', async () => {
  const audio = (await trackedFiles()).filter((path) => /\.(wav|mp3|ogg|opus|webm|m4a|flac|pcm|raw)$/i.test(path));
  expect(audio).toEqual([]);
});
