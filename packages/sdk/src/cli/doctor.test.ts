import { execFile, execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { bundle } from '../../build.mjs';

/** Real files, made by ffmpeg, opusenc and espeak-ng, broken by real means, and looked at with ffprobe, opusinfo and sox. */

let folder: string;
let dist: string;

const run = (tool: string, ...args: string[]): Buffer =>
  execFileSync(tool, args, { maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'pipe'] });
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  dist = await mkdtemp(join(tmpdir(), 'turntape-doctor-'));
  await bundle('cli.js', dist);
  const words = 'The quick brown fox jumps over the lazy dog, and then it asks where the train to the sea leaves.';
  run('espeak-ng', '-w', join(dist, 'said.wav'), words);
  run('ffmpeg', '-v', 'error', '-i', join(dist, 'said.wav'), '-ar', '16000', '-bitexact', join(dist, 'speech.wav'));
  run(
    'ffmpeg',
    '-v',
    'error',
    '-i',
    join(dist, 'said.wav'),
    '-ar',
    '48000',
    '-c:a',
    'libopus',
    join(dist, 'speech.opus'),
  );
});

beforeEach(async () => {
  folder = await mkdtemp(join(dist, 'files-'));
});

afterAll(() => rm(dist, { recursive: true }));

function doctor(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(join(dist, 'cli.js'), ['doctor', ...args], { cwd: folder }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, err });
    });
  });
}

const pcm = (file: string): Buffer => run('ffmpeg', '-v', 'error', '-xerror', '-i', file, '-f', 's16le', '-');
const speech = (name: string): string => join(dist, name);

/** A matcher takes seconds for as many bytes. */
function same(bytes: Buffer, expected: Buffer): void {
  expect({ length: bytes.length, first: bytes.findIndex((byte, index) => byte !== expected[index]) }).toEqual({
    length: expected.length,
    first: -1,
  });
}

/** What only a reader without complaints says. */
function opens(file: string): void {
  run('ffprobe', '-v', 'error', '-show_streams', file);
  if (file.endsWith('.wav')) expect(run('soxi', file).toString()).not.toMatch(/warn/i);
  else expect(run('opusinfo', file).toString()).not.toMatch(/warning|hole|corrupt|EOS/i);
}

test('[DOCTOR-1] sound files are left alone, and no file is written', async () => {
  await copyFile(speech('speech.wav'), at('a.wav'));
  await copyFile(speech('speech.opus'), at('b.opus'));
  // What other programs write behind the samples is no damage.
  run('ffmpeg', '-v', 'error', '-i', at('a.wav'), '-metadata', 'title=x', at('tagged.wav'));
  const { code, out } = await doctor('a.wav', 'b.opus', 'tagged.wav');
  expect(code).toBe(0);
  expect(out.trim().split('\n')).toEqual(['a.wav: sound', 'b.opus: sound', 'tagged.wav: sound']);
  expect((await readdir(folder)).sort()).toEqual(['a.wav', 'b.opus', 'tagged.wav']);
});

test('[DOCTOR-2] sizes that are wrong are written anew: never filled in, of a file cut short, of one that went on', async () => {
  const whole = await readFile(speech('speech.wav'));
  const open = Buffer.from(whole);
  open.writeUInt32LE(0, 4);
  open.writeUInt32LE(0, 40);
  await writeFile(at('open.wav'), open);
  const streamed = Buffer.from(whole);
  streamed.writeUInt32LE(0xffffffff, 4);
  streamed.writeUInt32LE(0xffffffff, 40);
  await writeFile(at('streamed.wav'), streamed);
  await writeFile(at('cut.wav'), whole);
  await truncate(at('cut.wav'), 20_001);
  const { code, out } = await doctor('open.wav', 'streamed.wav', 'cut.wav');
  expect(code).toBe(0);
  expect(out).toContain('the last frame is cut');
  for (const name of ['open', 'streamed']) {
    opens(at(`${name}_fixed.wav`));
    same(pcm(at(`${name}_fixed.wav`)), whole.subarray(44));
  }
  opens(at('cut_fixed.wav'));
  same(pcm(at('cut_fixed.wav')), whole.subarray(44, 20_000));
  // The old ones are as they were.
  same(await readFile(at('open.wav')), open);
});

test('[DOCTOR-3] a header that is cut or empty is written from what is left of it, or from what the caller knows', async () => {
  const whole = await readFile(speech('speech.wav'));
  // The last eight bytes of the header were never written: the samples follow on the format.
  await writeFile(at('short.wav'), Buffer.concat([whole.subarray(0, 36), whole.subarray(44)]));
  await writeFile(at('empty.wav'), Buffer.concat([Buffer.alloc(44), whole.subarray(44)]));
  expect((await doctor('short.wav')).code).toBe(0);
  opens(at('short_fixed.wav'));
  same(pcm(at('short_fixed.wav')), whole.subarray(44));
  const unknown = await doctor('empty.wav');
  expect(unknown.code).toBe(1);
  expect(unknown.err).toContain('--sample-rate');
  expect((await doctor('--sample-rate', '16000', 'empty.wav')).code).toBe(0);
  opens(at('empty_fixed.wav'));
  same(await readFile(at('empty_fixed.wav')), whole);
});

test('[DOCTOR-3] samples behind a chunk whose size is wrong are found, and nothing in front of them becomes sound', async () => {
  // With a title, as ffmpeg writes it: a LIST of 26 bytes in front of the samples.
  run('ffmpeg', '-v', 'error', '-i', speech('speech.wav'), at('titled.wav'));
  const titled = await readFile(at('titled.wav'));
  expect(titled.toString('latin1', 36, 40)).toBe('LIST');
  for (const size of [0, 100_000_000]) {
    const broken = Buffer.from(titled);
    broken.writeUInt32LE(size, 40);
    await writeFile(at(`list-${size}.wav`), broken);
    const { code, out } = await doctor(`list-${size}.wav`);
    expect(code, out).toBe(0);
    expect(out).toContain('a chunk in front of the samples says a wrong size');
    opens(at(`list-${size}_fixed.wav`));
    same(pcm(at(`list-${size}_fixed.wav`)), pcm(at('titled.wav')));
  }
});

test('[DOCTOR-4] µ-law bytes behind a header that is cut are found as well', async () => {
  run('ffmpeg', '-v', 'error', '-i', speech('speech.wav'), '-ar', '8000', '-f', 'mulaw', at('codes'));
  const codes = ['-f', 'mulaw', '-ar', '8000', '-ac', '1', '-i', at('codes')];
  run('ffmpeg', '-v', 'error', ...codes, '-bitexact', at('pcm.wav'));
  const header = (await readFile(at('pcm.wav'))).subarray(0, 36);
  await writeFile(at('cut.wav'), Buffer.concat([header, await readFile(at('codes'))]));
  const { code, out } = await doctor('cut.wav');
  expect(code, out).toBe(0);
  expect(out).toContain('the bytes are µ-law');
  same(await readFile(at('cut_fixed.wav')), await readFile(at('pcm.wav')));
});

test('[DOCTOR-4] µ-law and A-law bytes that are labelled PCM16 become PCM16, the same that ffmpeg decodes', async () => {
  for (const law of ['mulaw', 'alaw']) {
    run('ffmpeg', '-v', 'error', '-i', speech('speech.wav'), '-ar', '8000', '-f', law, at(law));
    run('sox', '-t', 'raw', '-r', '8000', '-e', 'signed', '-b', '16', '-c', '1', at(law), at(`${law}.wav`));
    const { code, out } = await doctor(`${law}.wav`);
    expect(code, out).toBe(0);
    expect(out).toContain(law === 'mulaw' ? 'the bytes are µ-law' : 'the bytes are A-law');
    opens(at(`${law}_fixed.wav`));
    const bytes = (await readFile(at(`${law}.wav`))).subarray(44);
    await writeFile(at('again'), bytes);
    const expected = run(
      'ffmpeg',
      '-v',
      'error',
      '-f',
      law,
      '-ar',
      '8000',
      '-ac',
      '1',
      '-i',
      at('again'),
      '-f',
      's16le',
      '-',
    );
    same(pcm(at(`${law}_fixed.wav`)), expected);
  }
});

test('[DOCTOR-4] noise, silence and a µ-law file that says so are what they say', async () => {
  run('sox', '-n', '-r', '8000', '-b', '16', '-c', '1', at('noise.wav'), 'synth', '2', 'whitenoise');
  run('sox', '-n', '-r', '8000', '-b', '16', '-c', '1', at('silence.wav'), 'trim', '0', '2');
  run('sox', speech('speech.wav'), '-r', '8000', '-e', 'mu-law', at('honest.wav'));
  const { code, out } = await doctor('noise.wav', 'silence.wav', 'honest.wav');
  expect(out.match(/: sound/g)).toHaveLength(3);
  expect(code).toBe(0);
});

test('[DOCTOR-5] an Ogg page that is cut loses what is cut and no more; the stream gets an end', async () => {
  const whole = await readFile(speech('speech.opus'));
  const samples = run('opusdec', '--quiet', '--rate', '48000', '--no-dither', speech('speech.opus'), '-');
  await writeFile(at('cut.opus'), whole.subarray(0, Math.floor(whole.length * 0.7)));
  const { code, out } = await doctor('cut.opus');
  expect(code, out).toBe(0);
  expect(out).toContain('is cut');
  opens(at('cut_fixed.opus'));
  const kept = run('opusdec', '--quiet', '--rate', '48000', '--no-dither', at('cut_fixed.opus'), '-');
  expect(kept.length).toBeGreaterThan(samples.length * 0.6);
  same(kept.subarray(0, kept.length - 4 * 960), samples.subarray(0, kept.length - 4 * 960));
});

test('[DOCTOR-6] a damaged page is silence of its length: what follows is where it was', async () => {
  const whole = await readFile(speech('speech.opus'));
  const samples = run('opusdec', '--quiet', '--rate', '48000', '--no-dither', speech('speech.opus'), '-');
  const pages: number[] = [];
  for (let page = whole.indexOf('OggS'); page >= 0; page = whole.indexOf('OggS', page + 1)) pages.push(page);
  const damaged = Buffer.from(whole);
  damaged[(pages[3] ?? 0) + 400] = (damaged[(pages[3] ?? 0) + 400] ?? 0) ^ 0xff;
  await writeFile(at('damaged.opus'), damaged);
  const { code, out } = await doctor('damaged.opus');
  expect(code, out).toBe(0);
  expect(out).toContain('its checksum does not hold');
  opens(at('damaged_fixed.opus'));
  const kept = run('opusdec', '--quiet', '--rate', '48000', '--no-dither', at('damaged_fixed.opus'), '-');
  expect(kept.length).toBe(samples.length);
  // A second behind the hole the decoder is where it was.
  same(kept.subarray(-48_000), samples.subarray(-48_000));
});

test('[DOCTOR-7] folders, another place for the new files, and backups; nothing is ever written over', async () => {
  const open = Buffer.from(await readFile(speech('speech.wav')));
  open.writeUInt32LE(0, 40);
  await mkdir(at('in/deeper'), { recursive: true });
  await writeFile(at('in/a.wav'), open);
  // As session folders are: the same name in each.
  await writeFile(at('in/deeper/a.wav'), open);
  await writeFile(at('in/notes.txt'), 'not audio');
  expect((await doctor('in')).code).toBe(1);
  expect((await doctor('--recursive', '--output', 'out', 'in')).code).toBe(0);
  expect((await readdir(at('out'), { recursive: true })).sort()).toEqual(['a.wav', 'deeper', 'deeper/a.wav']);
  const again = await doctor('--recursive', '--output', 'out', 'in');
  expect(again.code).toBe(1);
  expect(again.err).toContain('EEXIST');
  expect((await doctor('--backup', 'in/a.wav')).code).toBe(0);
  same(await readFile(at('in/a.wav.bak')), open);
  opens(at('in/a.wav'));
  expect((await doctor('in/a.wav')).out).toBe('in/a.wav: sound\n');
  // Broken again: the backup of the first time stays, and so does the file.
  const broken = open.subarray(0, 20_001);
  await writeFile(at('in/a.wav'), broken);
  const twice = await doctor('--backup', 'in/a.wav');
  expect(twice.code).toBe(1);
  expect(twice.err).toContain('EEXIST');
  same(await readFile(at('in/a.wav.bak')), open);
  same(await readFile(at('in/a.wav')), broken);
});

test('[DOCTOR-10] --help names every option and exit code, and one file that cannot be treated does not hold up the next', async () => {
  const help = await doctor('--help');
  expect(help.code).toBe(0);
  for (const word of ['--recursive', '--output', '--backup', '--json', '--sample-rate', '--channels', 'Exit code'])
    expect(help.out).toContain(word);
  await writeFile(at('a.opus'), 'no audio at all');
  const open = Buffer.from(await readFile(speech('speech.wav')));
  open.writeUInt32LE(0, 40);
  await writeFile(at('b.wav'), open);
  const { code, out, err } = await doctor('a.opus', 'b.wav');
  expect(code).toBe(1);
  expect(err).toContain('a.opus: untreatable');
  expect(out).toContain('b.wav: repaired');
  opens(at('b_fixed.wav'));
});

test('[DOCTOR-8] --json says the same in one object for each file; what was asked for wrongly is refused', async () => {
  const open = Buffer.from(await readFile(speech('speech.wav')));
  open.writeUInt32LE(0, 40);
  await writeFile(at('a.wav'), open);
  await writeFile(at('b.opus'), 'no audio at all');
  const { code, out, err } = await doctor('--json', 'a.wav', 'b.opus', 'absent.wav');
  expect(code).toBe(1);
  expect(err).toBe('');
  const reports = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(reports).toEqual([
    expect.objectContaining({ file: 'a.wav', kind: 'wav', outcome: 'repaired', repaired: 'a_fixed.wav', backup: null }),
    expect.objectContaining({ file: 'b.opus', kind: 'unknown', outcome: 'untreatable', repaired: null }),
    expect.objectContaining({ file: 'absent.wav', outcome: 'failed' }),
  ]);
  for (const args of [
    [],
    ['--frobnicate', 'a.wav'],
    ['--backup', '--output', 'x', 'a.wav'],
    ['--sample-rate', 'x', 'a.wav'],
  ])
    expect((await doctor(...args)).code).toBe(2);
});
