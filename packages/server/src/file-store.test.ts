import fs from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openFileStore } from './file-store.ts';
import type { ReceivedBody } from './received-body.ts';

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

test('[SRV-137] what is stored is on the disk, each file before it has its name and each name before it is answered', async () => {
  const files = await openFileStore(folder);
  const real = { ...fs };
  const steps: string[] = [];
  const names = new Map<number, string>();
  // A disk that takes three bytes at a time.
  const slow = {
    open: (path: string, flags: string, mode: number, done: (failure: Error | null, fd: number) => void) =>
      real.open(path, flags, mode, (failure, fd) => {
        names.set(fd, path.endsWith('.part') ? 'part' : basename(path));
        done(failure, fd);
      }),
    write: (fd: number, bytes: Buffer, at: number, length: number, ...rest: [null, () => void]) =>
      real.write(fd, bytes, at, Math.min(3, length), ...rest),
    fsync: (fd: number, done: () => void) =>
      real.fsync(fd, () => {
        steps.push(`${names.get(fd)} synced`);
        done();
      }),
    rename: (from: string, to: string, done: (failure: Error | null) => void) =>
      real.rename(from, to, (failure) => {
        if (failure === null) steps.push(`${basename(to)} named`);
        done(failure);
      }),
  };
  Object.assign(fs, slow);
  syncBuiltinESMExports();
  try {
    await files.put([blob('a.wav', 'audio'), blob('a.json', '{ "facts": true }')]);
    expect(steps).toEqual([
      'part synced',
      'part synced',
      // The folder's own name.
      'recordings synced',
      'a.wav named',
      'a.json named',
      's synced',
    ]);
    steps.length = 0;
    await files.remove(['recordings/s/a.json']);
    expect(steps).toEqual(['s synced']);
  } finally {
    Object.assign(fs, { open: real.open, write: real.write, fsync: real.fsync, rename: real.rename });
    syncBuiltinESMExports();
  }
  expect(await readFile(join(folder, 'recordings/s/a.wav'), 'utf8')).toBe('audio');
  expect(await readdir(join(folder, 'incoming'))).toEqual([]);
});

test('[SRV-22] when one of several files cannot be written nothing is left of the others', async () => {
  const files = await openFileStore(folder);
  const broken = {
    byteSize: 1,
    sha256: '',
    head: new Uint8Array(),
    bytes: undefined,
    settle: () => Promise.reject(new Error('the disk is gone')),
  } as unknown as ReceivedBody;
  await expect(files.put([blob('a.json', '{}'), { key: 'recordings/s/a.wav', bytes: broken }])).rejects.toThrow(
    'the disk is gone',
  );
  expect(await readdir(join(folder, 'incoming'))).toEqual([]);
  expect(await readdir(join(folder, 'recordings'))).toEqual([]);
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
