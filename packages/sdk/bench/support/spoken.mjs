import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { speak } from '../../../../e2e/fixtures/speak.mjs';
import { pinkNoise } from './noises.mjs';
import { SENTENCES } from './sentences.mjs';

export { click, noises, pinkNoise } from './noises.mjs';

/** Synthesized speech with known onsets, for the detector's tests and its bench. */

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
    for (const { voice, text } of SENTENCES.slice(0, count)) {
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
