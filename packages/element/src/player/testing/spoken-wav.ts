import { peaksOf } from 'turntape/peaks';
import type { Peaks } from 'turntape';

/** Of the files, in Hz: small, and fine enough for a voice. */
export const FILE_RATE = 16_000;

/**
 * Something that looks and nearly sounds like speech: a voice with syllables, words and breaths. The same seed gives the
 * same samples.
 */
export function spoken(
  durationMs: number,
  seed: number,
  pitchHz: number,
  beginsMs = 0,
  rate = FILE_RATE,
): Float32Array {
  const random = lcg(seed);
  const samples = new Float32Array(Math.round((durationMs / 1000) * rate));
  let at = Math.round((beginsMs / 1000) * rate);
  while (at < samples.length) {
    const syllables = 1 + Math.floor(random() * 4);
    for (let syllable = 0; syllable < syllables && at < samples.length; syllable += 1) {
      const length = Math.round(rate * (0.09 + random() * 0.14));
      const loud = (0.1 + random() * 0.35) * (0.45 + 0.55 * Math.sin((at / rate) * 1.8 + seed) ** 2);
      const pitch = pitchHz * (0.9 + random() * 0.25);
      for (let index = 0; index < length && at + index < samples.length; index += 1) {
        const swell = Math.sin((Math.PI * index) / length) ** 0.7;
        const time = (at + index) / rate;
        const voice =
          Math.sin(2 * Math.PI * pitch * time) +
          0.5 * Math.sin(4 * Math.PI * pitch * time) +
          0.25 * Math.sin(6 * Math.PI * pitch * time + 1) +
          0.3 * (random() - 0.5);
        samples[at + index] = loud * swell * voice * 0.5;
      }
      at += length;
    }
    at += Math.round(rate * (0.04 + random() * (random() > 0.85 ? 0.4 : 0.1)));
  }
  return samples;
}

/** Of what an outline is made of: the swing of each 10 ms is about the same, and an hour of it takes no time. */
export const OUTLINE_RATE = 1600;

export const outlineOf = (samples: Float32Array): Peaks => peaksOf(samples, OUTLINE_RATE);

/** A WAV file: 16 bit, mono. */
export function wavOf(samples: Float32Array): ArrayBuffer {
  const file = new DataView(new ArrayBuffer(44 + samples.length * 2));
  const size = samples.length * 2;
  const riff = [0x46464952, 36 + size, 0x45564157, 0x20746d66, 16, 0x00010001, FILE_RATE, FILE_RATE * 2];
  for (const [index, word] of [...riff, 0x00100002, 0x61746164, size].entries()) file.setUint32(index * 4, word, true);
  for (const [index, sample] of samples.entries())
    file.setInt16(44 + index * 2, Math.round(Math.max(-1, Math.min(1, sample)) * 32_767), true);
  return file.buffer;
}

function lcg(seed: number): () => number {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}
