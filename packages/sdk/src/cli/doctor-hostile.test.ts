import { execFile, execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { bundle } from '../../build.mjs';

/** Files that nobody means well with, and places that take none: through the command, as a stranger runs it. */

let folder: string;
let dist: string;

const run = (tool: string, ...args: string[]): Buffer =>
  execFileSync(tool, args, { stdio: ['ignore', 'pipe', 'pipe'] });
const at = (name: string): string => join(folder, name);
const tone = (file: string, ...how: string[]): Buffer =>
  run('ffmpeg', '-v', 'error', '-f', 'lavfi', '-i', 'sine=440:duration=2', '-bitexact', ...how, file);

beforeAll(async () => {
  dist = await mkdtemp(join(tmpdir(), 'turntape-hostile-'));
  await bundle('cli.js', dist);
}, 60_000);

beforeEach(async () => {
  folder = await mkdtemp(join(dist, 'files-'));
});

afterAll(() => rm(dist, { recursive: true }));

function shell(command: string): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile('bash', ['-c', command], { cwd: folder }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, err });
    });
  });
}

const doctor = (args: string): ReturnType<typeof shell> => shell(`${join(dist, 'cli.js')} doctor ${args}`);

test('[DOCTOR-13] a file without a sample is said to have none, and none is made of it', async () => {
  tone(at('whole.wav'));
  const whole = await readFile(at('whole.wav'));
  await writeFile(at('empty.wav'), '');
  await writeFile(at('empty.opus'), '');
  for (const bytes of [4, 12, 36, 38, 40, 42, 44]) await writeFile(at(`${bytes}.wav`), whole.subarray(0, bytes));
  await rm(at('whole.wav'));
  const before = (await readdir(folder)).toSorted();
  const { code, err } = await doctor('--sample-rate 44100 *');
  expect(code).toBe(1);
  expect(err.match(/: untreatable/g)).toHaveLength(before.length);
  expect(err).toContain('empty.opus: untreatable\n  found: it is empty');
  expect(err.match(/there are no samples behind the header/g)).toHaveLength(7);
  expect((await readdir(folder)).toSorted()).toEqual(before);
});

test('[DOCTOR-13] a rate that no device has is no rate; of what is not PCM the sizes are looked at', async () => {
  tone(at('rate.wav'));
  const rate = await readFile(at('rate.wav'));
  rate.writeUInt32LE(0xffffffff, 24);
  await writeFile(at('rate.wav'), rate);
  tone(at('float.wav'), '-c:a', 'pcm_mulaw');
  const { err } = await doctor('rate.wav');
  expect(err).toContain('the rate is not known');
  expect((await doctor('float.wav')).out).toBe('float.wav: sound\n');
  await writeFile(at('float.wav'), (await readFile(at('float.wav'))).subarray(0, 20_000));
  const cut = await doctor('float.wav');
  expect(cut.code).toBe(1);
  expect(cut.err).toContain('samples of the kind 7 are not treated');
});

test('[DOCTOR-14] RF64 that is sound is left alone, and of one that is cut every whole sample is kept', async () => {
  tone(at('a.wav'), '-rf64', 'always');
  const whole = await readFile(at('a.wav'));
  expect(whole.toString('latin1', 0, 4)).toBe('RF64');
  expect((await doctor('a.wav')).out).toBe('a.wav: sound\n');
  await writeFile(at('cut.wav'), whole.subarray(0, 50_001));
  expect((await doctor('cut.wav')).code).toBe(0);
  const samples = run('ffmpeg', '-v', 'error', '-xerror', '-i', at('cut_fixed.wav'), '-f', 's16le', '-');
  const begin = whole.indexOf('data') + 8;
  expect(samples.equals(whole.subarray(begin, begin + samples.length))).toBe(true);
  expect(samples.length).toBe(50_000 - begin);
});

test('[DOCTOR-15] streams one behind the other in an Ogg file are treated one by one', async () => {
  for (const [name, serial] of [
    ['a', '1'],
    ['b', '2'],
  ] as const)
    tone(at(`${name}.ogg`), '-c:a', 'libopus', '-serial_offset', serial);
  const [a, b] = [await readFile(at('a.ogg')), await readFile(at('b.ogg'))];
  await writeFile(at('chain.opus'), Buffer.concat([a, b]));
  expect((await doctor('chain.opus')).out).toBe('chain.opus: sound\n');
  await writeFile(at('chain.opus'), Buffer.concat([a, b.subarray(0, b.length - 2000)]));
  const { code, out } = await doctor('chain.opus');
  expect(code, out).toBe(0);
  expect(out).toContain('stream 2: the page at');
  expect(out).not.toContain('stream 1');
  const fixed = await readFile(at('chain_fixed.opus'));
  expect(fixed.subarray(0, a.length).equals(a)).toBe(true);
  expect(run('opusinfo', at('chain_fixed.opus')).toString()).not.toMatch(/warning|hole|corrupt/i);
  // A stream that nothing can be made of would be missing from the new file.
  await writeFile(at('mixed.opus'), Buffer.concat([a.subarray(0, 47), b]));
  const mixed = await doctor('mixed.opus');
  expect(mixed.code).toBe(1);
  expect(mixed.err).toContain('stream 1: the headers of Ogg Opus are not there');
  // The sign of a page again and again: each would be a page of its own, checked byte by byte.
  await writeFile(at('signs.opus'), 'OggS'.repeat(250_000));
  expect((await doctor('signs.opus')).err).toContain('signs.opus: untreatable');
});

test('[DOCTOR-16] where a new file does not find room nothing half-made is left, and the old one is as it was', async () => {
  tone(at('a.wav'));
  const whole = await readFile(at('a.wav'));
  whole.writeUInt32LE(0, 40);
  await writeFile(at('a.wav'), whole);
  for (const how of ['', '--output out', '--backup']) {
    // The kernel takes no more than 32 blocks of a file, as a full disk would.
    const { code, err } = await shell(`ulimit -f 32; ${join(dist, 'cli.js')} doctor ${how} a.wav`);
    expect(code, err).toBe(1);
    expect(err).toContain('a.wav: failed\n  found: EFBIG');
  }
  expect((await readdir(folder)).toSorted()).toEqual(['a.wav', 'out']);
  expect(await readdir(at('out'))).toEqual([]);
  expect((await readFile(at('a.wav'))).equals(whole)).toBe(true);
  await writeFile(at('file'), '');
  const { err } = await doctor('--output file a.wav');
  expect(err).toContain('a.wav: failed\n  found: EEXIST');
});

test('[DOCTOR-17] links are not followed into folders, and a folder without audio says so', async () => {
  await mkdir(at('in/deeper'), { recursive: true });
  expect(await doctor('--recursive in')).toEqual({ code: 0, out: '', err: 'in: no .wav, .opus or .ogg file in it\n' });
  tone(at('in/a.wav'));
  await symlink('..', at('in/deeper/loop'));
  await symlink('/nowhere', at('in/nowhere.wav'));
  expect(await doctor('--recursive in')).toEqual({ code: 0, out: 'in/a.wav: sound\n', err: '' });
});
