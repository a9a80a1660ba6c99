import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { speak } from '../../../../e2e/fixtures/speak.mjs';

/** Synthesized speech with known onsets, for the detector's tests and its bench. */

/** Twelve utterances in three voices. They begin with vowels, stops, fricatives and nasals: onsets of every kind. */
const UTTERANCES = [
  { voice: 'rms', text: 'What is the weather like in Lisbon today?' },
  { voice: 'espeak', text: 'Please tell me the story of the old harbour.' },
  { voice: 'slt', text: 'Stop, I have another question.' },
  { voice: 'rms', text: 'No, that is not what I meant.' },
  { voice: 'espeak', text: 'Could you say that again more slowly?' },
  { voice: 'slt', text: 'Seven tickets for the evening train.' },
  { voice: 'rms', text: 'How long does it take to get there?' },
  { voice: 'espeak', text: 'Every morning at nine.' },
  { voice: 'slt', text: 'Is there a cheaper one?' },
  { voice: 'rms', text: 'Very good, thank you.' },
  { voice: 'espeak', text: 'My name is Andrew Miller.' },
  { voice: 'slt', text: 'Yes please.' },
];

/** Quiet before an utterance and after it, so that the detector's state at its onset is that of a pause. In ms. */
const BEFORE_MS = 1000;
const AFTER_MS = 1500;

/**
 * @typedef {object} Recording one track and what is said in it
 * @property {number} clockRate in Hz
 * @property {Float32Array} samples
 * @property {{ onset: number, end: number }[]} utterances in frames: first sample above −40 dB of its peak, and the one
 *   after the last such
 */

/**
 * The first `count` utterances, one after the other.
 *
 * @param {{ count: number, clockRate: number }} options
 * @returns {Promise<Recording>}
 */
export async function recordSpeech({ count, clockRate }) {
  const folder = await mkdtemp(join(tmpdir(), 'turntape-speech-'));
  try {
    /** @type {Float32Array[]} */
    const pieces = [];
    /** @type {Recording['utterances']} */
    const utterances = [];
    let frames = 0;
    const append = (/** @type {Float32Array} */ piece) => {
      pieces.push(piece);
      frames += piece.length;
    };
    for (const { voice, text } of UTTERANCES.slice(0, count)) {
      const { samples, onset, end } = await speak({ voice, text, sampleRate: clockRate, folder });
      append(new Float32Array((BEFORE_MS / 1000) * clockRate));
      utterances.push({ onset: frames + onset, end: frames + end });
      append(Float32Array.from(samples, (sample) => sample / 32768));
      append(new Float32Array((AFTER_MS / 1000) * clockRate));
    }
    return { clockRate, samples: join32(pieces, frames), utterances };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * The same with noise of this much less power than the speech itself has. Pink: as rooms and machines make it.
 *
 * @param {Recording} recording
 * @param {number} snrDb
 * @returns {Recording}
 */
export function addNoise(recording, snrDb) {
  let power = 0;
  let spoken = 0;
  for (const { onset, end } of recording.utterances) {
    for (const sample of recording.samples.subarray(onset, end)) power += sample * sample;
    spoken += end - onset;
  }
  const noise = pinkNoise(recording.samples.length);
  const gain = Math.sqrt(power / spoken) * 10 ** (-snrDb / 20);
  return { ...recording, samples: recording.samples.map((sample, n) => sample + gain * (noise[n] ?? 0)) };
}

/**
 * Noise with an RMS of 1, the same in every run: Paul Kellet's filter over a linear congruential generator.
 *
 * @param {number} length
 * @returns {Float32Array}
 */
export function pinkNoise(length) {
  let seed = 1;
  const white = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 31 - 1;
  };
  let [a, b, c] = [0, 0, 0];
  const noise = new Float32Array(length).map(() => {
    const w = white();
    a = 0.997_65 * a + w * 0.099_046;
    b = 0.963 * b + w * 0.296_516_4;
    c = 0.57 * c + w * 1.052_691_3;
    return a + b + c + w * 0.1848;
  });
  const rms = Math.sqrt(noise.reduce((sum, sample) => sum + sample * sample, 0) / length);
  return noise.map((sample) => sample / rms);
}

/**
 * A click as a key or a cup makes: 40 ms of decaying noise in the middle of two seconds of silence.
 *
 * @param {number} clockRate
 * @returns {Float32Array}
 */
export function click(clockRate) {
  const samples = new Float32Array(2 * clockRate);
  const noise = pinkNoise(Math.round(0.04 * clockRate));
  noise.forEach((sample, n) => {
    samples[clockRate + n] = 0.15 * sample * Math.exp(-n / (0.01 * clockRate));
  });
  return samples;
}

/**
 * @param {Float32Array[]} pieces
 * @param {number} frames
 */
function join32(pieces, frames) {
  const whole = new Float32Array(frames);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
