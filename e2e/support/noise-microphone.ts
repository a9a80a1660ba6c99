import { mkdtemp, writeFile } from 'node:fs/promises';
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
