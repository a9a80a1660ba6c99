import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { disguisedAs } from './doctor/companding.ts';

/** What is told apart from G.711 in a disguise, over many recordings: voices, levels, rates, and sounds that are no voice. */

const folder = mkdtempSync(join(tmpdir(), 'turntape-companding-'));
afterAll(() => rmSync(folder, { recursive: true }));

const run = (tool: string, ...args: string[]): Buffer =>
  execFileSync(tool, args, { maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'ignore'] });

const SENTENCES = [
  'Six thick thistle sticks. She sells sea shells, fish and chips, this is his success.',
  'Yes.',
  'We were away a year ago. Mmm, no, hmm, I would rather wait until tomorrow morning.',
];

/** Speech at its own rate, by three synthesizers' voices; the `s` of the first sentence are nearly white noise. */
const voices: string[] = [];
beforeAll(() => {
  for (const [index, sentence] of SENTENCES.entries()) {
    for (const voice of ['en-us', 'en+f3', 'de']) {
      const path = join(folder, `espeak-${voice}-${index}.wav`);
      run('espeak-ng', '-v', voice, '-w', path, sentence);
      voices.push(path);
    }
    for (const voice of ['slt', 'kal16', 'awb']) {
      const path = join(folder, `flite-${voice}-${index}.wav`);
      run('flite', '-voice', voice, '-t', sentence, '-o', path);
      voices.push(path);
    }
  }
});

/** A file through sox, as the bytes behind a header. */
function bytes(from: readonly string[], to: readonly string[], effects: readonly string[] = []): Uint8Array {
  return new Uint8Array(run('sox', '-R', '-V1', ...from, '-c', '1', ...to, '-', ...effects));
}

const PCM = ['-t', 'raw', '-e', 'signed', '-b', '16'];
const SYNTHS = [
  'sine 440',
  'sine 300-3400',
  'square 220',
  'sawtooth 150',
  'pluck C',
  'pinknoise',
  'brownnoise',
  'whitenoise',
];

test('[DOCTOR-9] of many recordings in PCM16 none is taken for G.711: voices at all levels and rates, clipped, tones, noises and silence', () => {
  const taken: string[] = [];
  let looked = 0;
  const look = (name: string, pcm: Uint8Array): void => {
    looked += 1;
    if (disguisedAs(pcm)) taken.push(name);
  };
  for (const path of voices)
    for (const rate of ['8000', '44100'])
      for (const effect of ['gain -n -30', 'gain -n 0 gain 24'])
        look(`${path} ${rate} ${effect}`, bytes([path], [...PCM, '-r', rate], effect.split(' ')));
  for (const synth of SYNTHS)
    for (const level of ['0', '-20', '-50'])
      look(`${synth} ${level}`, bytes(['-n', '-r', '8000'], PCM, ['synth', '2', ...synth.split(' '), 'gain', level]));
  // Silence, with and without dither: all bytes are alike, and no voice.
  look('silence', new Uint8Array(16_000));
  look('dither', bytes(['-n', '-r', '8000'], PCM, ['trim', '0', '2', 'dither']));
  look(
    'the last bit',
    new Uint8Array(Int16Array.from({ length: 8_000 }, (_, n) => ((n * 7_919) % 13 > 6 ? -1 : 0)).buffer),
  );
  expect(taken).toEqual([]);
  expect(looked).toBeGreaterThan(90);
});

test.each(['mulaw', 'alaw'] as const)(
  '[DOCTOR-9] of the same voices in %s each is found, by its own law, loud and soft',
  (law) => {
    const missed: string[] = [];
    const encoding = law === 'mulaw' ? 'mu-law' : 'a-law';
    for (const path of voices)
      for (const level of ['0', '-30']) {
        const coded = bytes([path], ['-t', 'raw', '-e', encoding, '-r', '8000'], ['gain', '-n', level]);
        const found = disguisedAs(coded);
        if (found !== law) missed.push(`${path} ${level}: ${found}`);
      }
    expect(missed).toEqual([]);
  },
);
