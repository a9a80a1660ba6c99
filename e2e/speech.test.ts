import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeSpeech } from './fixtures/make-speech.mjs';
import { decodeAudio } from './support/read-audio.ts';

/** The speech that every e2e test trusts. */

const speech = await makeSpeech();
const microphones = Object.entries(speech.microphones);

test.each(microphones)(
  '[SPEECH-1] %s: each turn begins and ends where the list says, and all else is silent',
  async (_, { file, sampleRate, durationMs, turns }) => {
    const audio = await decodeAudio(file);
    expect(audio).toMatchObject({ sampleRate, codec: 'pcm_s16le', container: 'wav' });
    expect(audio.samples.length).toBe(Math.round((durationMs * sampleRate) / 1000));
    const frame = (ms: number) => Math.round((ms * sampleRate) / 1000);
    const peakOf = (from: number, to: number) =>
      audio.samples.subarray(from, to).reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
    let quietFrom = 0;
    for (const { onsetMs, offsetMs } of turns) {
      const peak = peakOf(frame(onsetMs), frame(offsetMs));
      expect(Math.abs(audio.samples[frame(onsetMs)]!)).toBeGreaterThanOrEqual(peak / 100);
      expect(Math.abs(audio.samples[frame(offsetMs) - 1]!)).toBeGreaterThanOrEqual(peak / 100);
      expect(peakOf(quietFrom, frame(onsetMs))).toBeLessThan(peak / 100);
      quietFrom = frame(offsetMs);
    }
    expect(peakOf(quietFrom, audio.samples.length)).toBeLessThan(0.5 * 32767 * 0.01);
  },
);

test.each(microphones)('[SPEECH-2] %s: the first word comes 1.5 s in or later, and turns lie apart', (_, { turns }) => {
  expect(turns[0]!.onsetMs).toBeGreaterThanOrEqual(1500);
  for (const [index, { onsetMs }] of turns.slice(1).entries()) {
    expect(onsetMs - turns[index]!.offsetMs).toBeGreaterThan(4000);
  }
});

test('[SPEECH-3] the third turn falls into the second reply, and every other reply has room', () => {
  const [first, second] = speech.replies;
  for (const name of ['three-turns-44100', 'three-turns-48000']) {
    const { turns, durationMs } = speech.microphones[name]!;
    expect(turns[1]!.onsetMs - turns[0]!.offsetMs).toBeGreaterThan(first!.durationMs + 2000);
    expect(turns[2]!.onsetMs - turns[1]!.offsetMs).toBeLessThan(second!.durationMs);
    expect(durationMs - turns[2]!.offsetMs).toBeGreaterThan(speech.replies[2]!.durationMs + 2000);
  }
});

test('[SPEECH-4] it is the same to the byte when it is made again', async () => {
  const cache = await mkdtemp(join(tmpdir(), 'turntape-speech-'));
  const again = await makeSpeech(cache);
  for (const [name, { file }] of microphones) {
    expect((await readFile(again.microphones[name]!.file)).equals(await readFile(file)), name).toBe(true);
  }
  for (const [index, { file }] of speech.replies.entries()) {
    expect((await readFile(again.replies[index]!.file)).equals(await readFile(file)), `reply ${index + 1}`).toBe(true);
  }
  await rm(cache, { recursive: true });
});
