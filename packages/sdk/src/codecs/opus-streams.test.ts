import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { OggOpusWriter } from './ogg-opus.ts';
import { opusPacketFrames } from './opus-head.ts';
import { joinStreams } from './opus-streams.ts';
import { readOggOpus } from './read-ogg-opus.ts';

const folder = mkdtempSync(join(tmpdir(), 'turntape-streams-'));
afterAll(() => rmSync(folder, { recursive: true }));

const decode = (path: string): Buffer =>
  execFileSync('opusdec', ['--quiet', '--rate', '48000', '--no-dither', path, '-']);

/** A second of a tone, by the reference encoder. Long packets of much sound hold several frames: codes 1, 2 and 3. */
function encoded(hz: number, framesize: number, bitrate: number, ...options: string[]): Uint8Array {
  const file = join(folder, `${hz}.opus`);
  const pcm = Int16Array.from({ length: 48_000 }, (_, i) => 12_000 * Math.sin((2 * Math.PI * hz * i) / 48_000));
  const raw = ['--raw', '--raw-rate', '48000', '--raw-chan', '1', '--quiet', '--comp', '10'];
  const how = ['--framesize', `${framesize}`, '--bitrate', `${bitrate}`, ...options];
  execFileSync('opusenc', [...raw, ...how, '-', file], { input: Buffer.from(pcm.buffer) });
  return new Uint8Array(execFileSync('cat', [file]));
}

test('[TAPE-13] two mono streams in one file: opusinfo has no warning, and each channel decodes as it did alone', () => {
  const codes = new Set<number>();
  for (const [framesize, bitrate, ...options] of [
    [20, 32],
    [60, 16],
    [40, 96, '--music'],
    [60, 128, '--music'],
    [60, 96, '--music', '--hard-cbr'],
    [10, 256, '--music'],
  ] as const) {
    const [left, right] = [encoded(440, framesize, bitrate, ...options), encoded(1000, framesize, bitrate, ...options)];
    const [user, bot] = [readOggOpus(left), readOggOpus(right)];
    const pages: Uint8Array[] = [];
    const head = { numChannels: 2, preSkip: user.preSkip, inputSampleRate: 48_000, uncoupled: true } as const;
    const writer = new OggOpusWriter(head, (page) => pages.push(page));
    for (const [index, packet] of user.packets.entries()) {
      const joined = joinStreams([packet, bot.packets[index] ?? packet]);
      codes.add((packet[0] ?? 0) & 3);
      expect(opusPacketFrames(joined)).toBe(opusPacketFrames(packet));
      writer.packet(joined);
    }
    writer.end(user.samples);
    const file = join(folder, 'joined.opus');
    writeFileSync(file, Buffer.concat(pages));
    const said = execFileSync('opusinfo', [file], { encoding: 'utf8' });
    expect(said).toContain('Streams: 2, Coupled: 0');
    expect(said).not.toMatch(/warning|error|hole|corrupt/i);
    const joined = decode(file);
    const both = new Int16Array(joined.buffer.slice(joined.byteOffset, joined.byteOffset + joined.length));
    for (const [channel, alone] of [left, right].entries()) {
      const path = join(folder, 'alone.opus');
      writeFileSync(path, alone);
      const pcm = decode(path);
      const expected = new Int16Array(pcm.buffer.slice(pcm.byteOffset, pcm.byteOffset + pcm.length));
      expect(both.length).toBe(2 * expected.length);
      expect(both.filter((_, index) => index % 2 === channel)).toEqual(expected);
    }
  }
  expect(codes).toEqual(new Set([0, 1, 2, 3]));
});

test('[TAPE-13] packets of two frames get their length where RFC 6716 wants it', () => {
  // Code 1: two frames of one length. Code 2: the first one's length is there already.
  expect([...joinStreams([Uint8Array.of(1, 7, 7, 8, 8), Uint8Array.of(0)])]).toEqual([1, 2, 7, 7, 8, 8, 0]);
  expect([...joinStreams([Uint8Array.of(2, 1, 7, 8, 8), Uint8Array.of(0)])]).toEqual([2, 1, 2, 7, 8, 8, 0]);
  // Above 251 bytes a length takes two.
  const long = new Uint8Array(301);
  expect([...joinStreams([long, Uint8Array.of(9)]).subarray(0, 3)]).toEqual([0, 252, 12]);
});
