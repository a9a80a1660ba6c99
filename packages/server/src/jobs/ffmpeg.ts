import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { AudioFormat } from '../audio-format.ts';
import { JobError } from './job-runner.ts';

/** What ffmpeg calls the container: given to it, so that a file never chooses its own reader. */
const CONTAINER: Readonly<Record<AudioFormat, string>> = { opus: 'ogg', wav: 'wav', mp3: 'mp3' };

/** How a file is encoded, by its format. Opus at 32 kbit/s per channel is more than speech needs. */
const ENCODER: Readonly<Record<AudioFormat, (channels: number) => string[]>> = {
  opus: (channels) => ['-c:a', 'libopus', '-b:a', `${32 * channels}k`, '-f', 'ogg'],
  wav: () => ['-c:a', 'pcm_s16le', '-f', 'wav'],
  mp3: (channels) => ['-c:a', 'libmp3lame', '-b:a', `${48 * channels}k`, '-f', 'mp3'],
};

/** The sound of a file that is encoded. */
export interface EncodedAs {
  format: AudioFormat;
  sampleRate: number;
  channels: number;
}

/** What ffmpeg here can do, or undefined where there is none. */
export async function ffmpegVersion(): Promise<string | undefined> {
  try {
    const output = await whole(run(['-version'], undefined));
    return /^ffmpeg version (\S+)/.exec(output.toString())?.[1];
  } catch (thrown) {
    if (thrown instanceof JobError) return undefined;
    throw thrown;
  }
}

/** Decodes a file to 16-bit mono at this rate. */
export function decode(file: Readable, format: AudioFormat, sampleRate: number, signal: AbortSignal): Promise<Buffer> {
  return whole(decoding(file, format, sampleRate, signal));
}

/** The same, piece by piece, no faster than it is read. Whoever reads no further ends it. */
export function decoding(
  file: Readable,
  format: AudioFormat,
  sampleRate: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  const input = ['-f', CONTAINER[format], '-i', 'pipe:0'];
  return run([...input, '-ac', '1', '-ar', `${sampleRate}`, '-f', 's16le', 'pipe:1'], file, signal);
}

/** Encodes interleaved 16-bit samples. */
export function encode(samples: Readable, as: EncodedAs, signal: AbortSignal): Promise<Buffer> {
  return whole(encoding(samples, as, signal));
}

/** The same, piece by piece, no faster than it is read. Whoever reads no further ends it. */
export function encoding(
  samples: Readable,
  { format, sampleRate, channels }: EncodedAs,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  const input = ['-f', 's16le', '-ar', `${sampleRate}`, '-ac', `${channels}`, '-i', 'pipe:0'];
  // The same segments make the same bytes: no version, no date in the file.
  const exact = ['-map_metadata', '-1', '-fflags', '+bitexact', '-flags:a', '+bitexact'];
  return run([...input, ...exact, ...ENCODER[format](channels), 'pipe:1'], samples, signal);
}

async function whole(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

async function* run(
  args: readonly string[],
  input: Readable | undefined,
  signal?: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  // No protocol but our own pipes: a playlist in disguise cannot make it read files or addresses.
  const safe = ['-nostdin', '-hide_banner', '-v', 'error', '-protocol_whitelist', 'pipe'];
  const child = spawn('ffmpeg', args[0] === '-version' ? [...args] : [...safe, ...args], {
    stdio: ['pipe', 'pipe', 'ignore'],
    ...(signal === undefined ? {} : { signal }),
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  // It may stop reading before the end of a damaged file: its code says how that went.
  if (input === undefined) child.stdin.end();
  const given = input === undefined ? undefined : pipeline(input, child.stdin).catch(unlessClosed);
  // Told below, when everything has ended; unheard it would be nobody's.
  for (const each of [ended, given]) each?.catch(() => undefined);
  let isOver = false;
  try {
    for await (const piece of child.stdout) yield piece as Buffer;
    await given;
    const [code] = await ended;
    isOver = true;
    if (code !== 0) throw new JobError('audio_unreadable', `ffmpeg ended with ${code}.`, { isFinal: true });
  } catch (cause) {
    if ((cause as { code?: unknown }).code === 'ENOENT')
      throw new JobError('ffmpeg_missing', 'This needs ffmpeg, which is not installed.', { isFinal: true, cause });
    throw cause;
  } finally {
    if (!isOver) child.kill('SIGKILL');
    input?.destroy();
  }
}

function unlessClosed(thrown: unknown): void {
  const { code } = thrown as { code?: unknown };
  if (code !== 'EPIPE' && code !== 'ERR_STREAM_PREMATURE_CLOSE' && code !== 'ECONNRESET') throw thrown;
}
