import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { oggOpusFile, readOggOpus } from './codecs.ts';

/** Packets of opusenc, as a backend or a WebRTC stack has them, become a file again by `turntape/codecs`. */

const folder = mkdtempSync(join(tmpdir(), 'turntape-ogg-'));
const path = join(folder, 'ours.opus');
afterAll(() => rmSync(folder, { recursive: true }));

/** Of a second of a tone. */
function packetsOf(channels: number, frameMs: string): Uint8Array[] {
  const sine = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=1', '-ac', `${channels}`];
  const wav = execFileSync('ffmpeg', ['-v', 'error', ...sine, '-bitexact', '-f', 'wav', '-']);
  const file = join(folder, 'theirs.opus');
  execFileSync('opusenc', ['--quiet', '--framesize', frameMs, '-', file], { input: wav });
  return readOggOpus(readFileSync(file)).packets;
}

test.each([
  [1, '20'],
  [2, '20'],
  [1, '60'],
] as const)(
  '[OPUS-20] packets in %i channels of %s ms become a file: opusinfo has no warning, ffmpeg and opusdec decode it to the sample',
  (channels, frameMs) => {
    const packets = packetsOf(channels, frameMs);
    const held = (packets.length * Number(frameMs) * 48_000) / 1000 - 312;
    for (const samples of frameMs === '60' ? [undefined, 1, 0] : [undefined, 40_001]) {
      const file = oggOpusFile({ packets, ...(samples !== undefined && { samples }), comments: { TITLE: 'A call' } });
      writeFileSync(path, file);
      const { status, stdout, stderr } = spawnSync('opusinfo', [path], { encoding: 'utf8' });
      expect(stdout + stderr).not.toMatch(/warning|error|hole|corrupt|invalid|negative/i);
      expect(status).toBe(0);
      expect(stdout).toMatch(new RegExp(`Channels: +${channels}`));
      expect(stdout).toContain('TITLE=A call');
      const decoded = execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-f', 's16le', '-']);
      expect(decoded.length / 2 / channels).toBe(samples ?? held);
      const theirs = execFileSync('opusdec', ['--quiet', '--rate', '48000', path, '-']);
      expect(theirs.length / 2 / channels).toBe(samples ?? held);
      // The packets themselves, all that are needed.
      const read = readOggOpus(file);
      expect(read).toMatchObject({ numChannels: channels, preSkip: 312, samples: samples ?? held });
      if (samples === undefined) expect(read.packets).toEqual(packets);
    }
  },
);

test('[OPUS-20] a file in which one packet has two channels has two, and decodes to the sample', () => {
  const packets = [...packetsOf(1, '20').slice(0, 20), ...packetsOf(2, '20').slice(20, 40)];
  writeFileSync(path, oggOpusFile({ packets }));
  expect(readOggOpus(readFileSync(path))).toMatchObject({ numChannels: 2, samples: 40 * 960 - 312 });
  const decoded = execFileSync('opusdec', ['--quiet', '--rate', '48000', path, '-']);
  expect(decoded.length).toBe(4 * (40 * 960 - 312));
});

test('[OPUS-20] what cannot be a file is refused by name', () => {
  const packets = packetsOf(1, '20');
  for (const [wrong, field] of [
    [{ packets: [...packets, new Uint8Array(0)] }, 'packets'],
    [{ packets: ['packet'] }, 'packets'],
    [{ packets, preSkip: -1 }, 'preSkip'],
    [{ packets, samples: packets.length * 960 - 311 }, 'samples'],
    [{ packets, preSkip: 0, samples: packets.length * 960 + 1 }, 'samples'],
    [{ packets, samples: 1.5 }, 'samples'],
  ] as const)
    expect(() => oggOpusFile(wrong as never)).toThrowError(
      expect.objectContaining({ code: 'invalid_argument', field }),
    );
});

function tried(bytes: Uint8Array): string {
  try {
    readOggOpus(bytes);
    return 'read';
  } catch (thrown) {
    return (thrown as { code?: string }).code ?? String(thrown);
  }
}

test('[OPUS-20] a file that is cut or damaged anywhere is read or refused, and breaks nothing', () => {
  const file = oggOpusFile({ packets: packetsOf(1, '20'), comments: { TITLE: 'A call' } });
  const ends = new Set(Array.from({ length: 400 }, (_, end) => tried(file.subarray(0, end))));
  expect([...ends].sort()).toEqual(['read', 'storage_failed']);
  const damaged = (at: number): Uint8Array => file.map((byte, n) => (n === at ? byte ^ 0xff : byte));
  const flips = new Set(Array.from({ length: 400 }, (_, at) => tried(damaged(at))));
  expect([...flips].sort()).toEqual(['read', 'storage_failed']);
});
