import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Microphone } from '../fixtures/make-speech.mjs';
import { wavFile } from '../fixtures/wav.mjs';

/** A breath between two sentences: far below the end silence. */
const BREATH_MS = 150;
/** After the last word: the end silence, and a slow machine's delay. */
const QUIET_MS = 2000;

/**
 * The one turn of a microphone file, said so many times in a row: one turn that lasts as much longer. `atOnce`: without the quiet
 * before the first word, for a device that is changed to while somebody speaks.
 */
export async function speechAgain(
  microphone: Microphone | undefined,
  times: number,
  { atOnce = false } = {},
): Promise<string> {
  const [turn] = microphone?.turns ?? [];
  if (!microphone || !turn) throw new Error('There is no turn to say again.');
  const { sampleRate } = microphone;
  const bytes = await readFile(microphone.file);
  const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + bytes.byteLength));
  const frames = (ms: number): number => Math.round((ms / 1000) * sampleRate);
  const [onset, offset] = [frames(turn.onsetMs), frames(turn.offsetMs)];
  const each = offset - onset + frames(BREATH_MS);
  const leadIn = atOnce ? 0 : onset;
  const whole = new Int16Array(leadIn + times * each + frames(QUIET_MS));
  for (let n = 0; n < times; n += 1) whole.set(samples.subarray(onset, offset), leadIn + n * each);
  const file = join(await mkdtemp(join(tmpdir(), 'turntape-again-')), 'again.wav');
  await writeFile(file, wavFile(whole, sampleRate));
  return file;
}
