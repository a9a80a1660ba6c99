import { pinkNoise } from './noises.mjs';

/** A loudspeaker, a room and a microphone: the bot's voice comes back late, quieter and filtered. */

/** A small loudspeaker in a small room: what it can play, and four reflections. In Hz, ms and dB. */
const ROOMS = {
  /** The one in which the constants were found. */
  study: {
    band: [200, 6000],
    reflections: [
      { ms: 3.1, db: -10 },
      { ms: 6.7, db: -14 },
      { ms: 9.3, db: -18 },
      { ms: 17, db: -22 },
    ],
  },
  /** A duller one with nearer walls. */
  kitchen: {
    band: [350, 4200],
    reflections: [
      { ms: 1.9, db: -8 },
      { ms: 5.3, db: -12 },
      { ms: 11.6, db: -16 },
      { ms: 21, db: -23 },
    ],
  },
  /** Longer and brighter. */
  hallway: {
    band: [250, 5000],
    reflections: [
      { ms: 2.6, db: -9 },
      { ms: 4.4, db: -13 },
      { ms: 8.8, db: -15 },
      { ms: 14.5, db: -20 },
    ],
  },
};

/**
 * The impulse response, scaled so that white noise through it loses exactly `-levelDb`.
 *
 * @param {number} clockRate
 * @param {number} levelDb
 * @param {keyof typeof ROOMS} room
 * @returns {Float32Array}
 */
function impulseResponse(clockRate, levelDb, room) {
  const { band, reflections } = ROOMS[room];
  const response = new Float32Array(Math.round(0.03 * clockRate));
  response[0] = 1;
  for (const { ms, db } of reflections) response[Math.round((ms / 1000) * clockRate)] = 10 ** (db / 20);
  const [low, high] = band.map((hertz) => Math.exp((-2 * Math.PI * hertz) / clockRate));
  let [dull, rumble] = [0, 0];
  const filtered = response.map((sample) => {
    dull = high * dull + (1 - high) * sample;
    rumble = low * rumble + (1 - low) * dull;
    return dull - rumble;
  });
  const gain = 10 ** (levelDb / 20) / Math.sqrt(filtered.reduce((sum, tap) => sum + tap * tap, 0));
  return filtered.map((tap) => gain * tap);
}

/** Gives the echo of what was played, block by block. */
export class EchoRoom {
  #taps;
  #delay;
  #played = new Float32Array(0);

  /**
   * @param {{ clockRate: number, levelDb: number, delayMs: number, frames: number, room?: keyof typeof ROOMS }} options
   *   `frames`: of the whole scene
   */
  constructor({ clockRate, levelDb, delayMs, frames, room = 'study' }) {
    // Only the taps that matter, each with its place: the response is long and mostly nothing.
    const response = impulseResponse(clockRate, levelDb, room);
    const loudest = response.reduce((most, tap) => Math.max(most, Math.abs(tap)), 0);
    this.#taps = [...response.entries()].filter(([, tap]) => Math.abs(tap) > loudest / 100);
    this.#delay = Math.round((delayMs / 1000) * clockRate);
    this.#played = new Float32Array(frames);
  }

  /**
   * @param {number} from
   * @param {Float32Array} samples
   */
  play(from, samples) {
    this.#played.set(samples.subarray(0, Math.max(0, this.#played.length - from)), from);
  }

  /**
   * Adds the echo of the frames from `from` on.
   *
   * @param {number} from
   * @param {Float32Array} microphone
   */
  addTo(from, microphone) {
    const played = this.#played;
    for (const [at, tap] of this.#taps) {
      const start = from - this.#delay - at;
      for (let n = Math.max(0, -start); n < microphone.length; n += 1) microphone[n] += tap * played[start + n];
    }
  }
}

/** @param {number} length @param {number} dbfs */
export function roomNoise(length, dbfs) {
  return pinkNoise(length).map((sample) => sample * 10 ** (dbfs / 20));
}
