import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openFileStore } from './file-store.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turntape-files-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const blob = (name: string, text: string) => ({ key: `recordings/s/${name}`, bytes: Buffer.from(text) });

test('[SRV-1] a file is in its place, readable by its owner alone, and nothing is left beside it', async () => {
  const files = await openFileStore(folder);
  await files.put([blob('a.wav', 'audio'), blob('a.json', '{}')]);
  expect(await readFile(join(folder, 'recordings/s/a.wav'), 'utf8')).toBe('audio');
  expect((await stat(join(folder, 'recordings/s/a.wav'))).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, 'recordings/s'))).mode & 0o777).toBe(0o700);
  expect(await readdir(join(folder, 'incoming'))).toEqual([]);
  expect(await files.size('recordings/s/a.wav')).toBe(5);
  expect(await files.size('recordings/s/none.wav')).toBeUndefined();
});

test('[SRV-22] when one file cannot be written none takes its place', async () => {
  const files = await openFileStore(folder);
  await rm(join(folder, 'incoming'), { recursive: true });
  await writeFile(join(folder, 'incoming'), 'in the way');
  await expect(files.put([blob('a.wav', 'audio')])).rejects.toMatchObject({ code: 'ENOTDIR' });
  expect(await readdir(join(folder, 'recordings'))).toEqual([]);
});

test('[SRV-23] what a dead process left half written is swept at the next start', async () => {
  await openFileStore(folder);
  await writeFile(join(folder, 'incoming', 'x.part'), 'half');
  const files = await openFileStore(folder);
  expect(files.swept).toBe(1);
  expect(await readdir(join(folder, 'incoming'))).toEqual([]);
});
