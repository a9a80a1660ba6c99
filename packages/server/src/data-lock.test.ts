import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LOCK_FILE, takeDataLock } from './data-lock.ts';
import { SettingsError } from './settings-error.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turntape-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const path = () => join(folder, LOCK_FILE);
const leave = (facts: object) =>
  writeFileSync(path(), JSON.stringify({ started: null, host: hostname(), nonce: 'n', ...facts }));

test('[SRV-18] a second taker is told who has the folder and what to do', () => {
  const lock = takeDataLock(folder);
  expect(() => takeDataLock(folder)).toThrow(SettingsError);
  expect(() => takeDataLock(folder)).toThrow(`process ${process.pid} on ${hostname()}`);
  lock.verify();
  lock.release();
  expect(existsSync(path())).toBe(false);
});

test('[SRV-18] the lock of a process that is dead is taken over', async () => {
  const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
  await once(child, 'exit');
  leave({ pid: child.pid });
  const lock = takeDataLock(folder);
  expect(JSON.parse(readFileSync(path(), 'utf8'))).toMatchObject({ pid: process.pid });
  lock.release();
});

test.runIf(process.platform === 'linux')('[SRV-18] a pid that another process has now is no holder', () => {
  leave({ pid: process.pid, started: '1' });
  takeDataLock(folder).release();
});

test('[SRV-18] a lock whose writer died before it had written is taken over', () => {
  writeFileSync(path(), '');
  takeDataLock(folder).release();
});

test('[SRV-18] the lock of another machine is left alone: its processes cannot be seen', () => {
  leave({ pid: 999_999_999, host: 'elsewhere' });
  expect(() => takeDataLock(folder)).toThrow(`delete ${path()}`);
});

test('[SRV-18] one that lost the folder after all learns it, and does not let go for the other', () => {
  const lock = takeDataLock(folder);
  leave({ pid: process.pid });
  expect(() => lock.verify()).toThrow(SettingsError);
  lock.release();
  expect(existsSync(path())).toBe(true);
});
