import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundle } from '../../build.mjs';

/** The built command line, run as `npx turntape` runs it, beside two small files in place of the large ones. */

let dist: string;
const FILES = { 'engine.worker.js': 'self.onmessage = null;\n', 'model.onnx': '\u0008\u0007 weights' };

beforeAll(async () => {
  dist = await mkdtemp(join(tmpdir(), 'turntape-cli-'));
  await bundle('cli.js', dist);
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(dist, name), text);
  await writeFile(join(dist, 'assets.json'), JSON.stringify(Object.keys(FILES)));
});

afterAll(() => rm(dist, { recursive: true }));

function turntape(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(join(dist, 'cli.js'), args, { cwd: dist }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, err });
    });
  });
}

test('[CLI-1] copy-assets copies every asset into a folder that need not exist, and says what it did', async () => {
  const { code, out, err } = await turntape('copy-assets', 'public/turntape');
  expect(err).toBe('');
  expect(code).toBe(0);
  for (const [name, text] of Object.entries(FILES)) {
    expect(await readFile(join(dist, 'public/turntape', name), 'utf8')).toBe(text);
    expect(out).toContain(`public/turntape/${name}`);
  }
  expect(out).toContain('2 files copied to public/turntape');
  expect(out).toContain('assetBase');
});

test('[CLI-1] copy-assets replaces what an earlier version left', async () => {
  await mkdir(join(dist, 'again'));
  await writeFile(join(dist, 'again', 'model.onnx'), 'old');
  expect((await turntape('copy-assets', 'again')).code).toBe(0);
  expect(await readFile(join(dist, 'again', 'model.onnx'), 'utf8')).toBe(FILES['model.onnx']);
});

test('[CLI-2] without DIR, with two, or with an option that is not there it copies nothing and says how it goes', async () => {
  for (const args of [[], ['one', 'two'], ['--force', 'one']]) {
    const { code, out, err } = await turntape('copy-assets', ...args);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain('turntape copy-assets DIR');
  }
  await expect(stat(join(dist, 'one'))).rejects.toThrow('ENOENT');
});

test('[CLI-2] what could not be copied is said, and the exit code is 1', async () => {
  await writeFile(join(dist, 'occupied'), 'a file');
  const { code, err } = await turntape('copy-assets', 'occupied');
  expect(code).toBe(1);
  expect(err).toMatch(/^turntape copy-assets: E/);
});

test('[CLI-3] --help lists the commands, and tells all of one', async () => {
  for (const args of [[], ['--help'], ['-h'], ['help']]) {
    const { code, out } = await turntape(...args);
    expect(code).toBe(0);
    expect(out).toContain('turntape copy-assets DIR');
  }
  const { code, out } = await turntape('copy-assets', '--help');
  expect(code).toBe(0);
  expect(out).toContain("createRecorder({ assetBase: '/turntape/' })");
});

test('[CLI-3] a command that is not there is refused with those that are', async () => {
  const { code, err } = await turntape('frobnicate');
  expect(code).toBe(2);
  expect(err).toContain("there is no command 'frobnicate'");
  expect(err).toContain('turntape copy-assets DIR');
});
