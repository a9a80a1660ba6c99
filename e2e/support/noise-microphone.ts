import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wavFile } from '../fixtures/wav.mjs';

/** A microphone file that is never digitally silent: a minute of quiet noise. */
export async function noiseMicrophone(): Promise<string> {
  const samples = Int16Array.from({ length: 60 * 48_000 }, () => Math.round(300 + Math.random() * 2000));
  const file = join(await mkdtemp(join(tmpdir(), 'turntape-noise-')), 'noise.wav');
  await writeFile(file, wavFile(samples, 48_000));
  return file;
}

/** How loud a quiet room is on a microphone, in 16-bit steps: far below speech, and never zero for long. */
const ROOM_NOISE = 40;

const noise = (): number => Math.round((Math.random() - 0.5) * 2 * ROOM_NOISE);

/** The same speech in a room: with a little noise, also for a minute after the last word. A dead microphone is a gap, a room is not. */
export async function roomMicrophone(speech: string, sampleRate: number): Promise<string> {
  const bytes = await readFile(speech);
  const words = new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + bytes.byteLength));
  const samples = Int16Array.from({ length: words.length + 60 * sampleRate }, (_, at) =>
    Math.min(32_767, Math.max(-32_768, (words[at] ?? 0) + noise())),
  );
  const file = join(await mkdtemp(join(tmpdir(), 'turntape-room-')), 'room.wav');
  await writeFile(file, wavFile(samples, sampleRate));
  return file;
}
