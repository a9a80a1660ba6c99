import { MODEL_RATE, type ProbabilityModel } from './probability-model.ts';

/** 32 ms, as Silero v5 and v6 take. */
const WINDOW_FRAMES = 512;

/**
 * The level is measured above this frequency, in Hz, by a filter of first order. Below lie hum, rumble and wind on the
 * microphone, which swing so much from window to window that without it brown noise was a start 16 times a minute; at 500 Hz
 * and with a second order, soft beginnings in noise were missed (`docs/decisions/0003-vad-defaults.md`).
 */
const HIGH_PASS_HZ = 300;
const HIGH_PASS = 1 / (1 + (2 * Math.PI * HIGH_PASS_HZ) / MODEL_RATE);

/** The floor is the lowest level of this many windows: 3 s, so that the pauses between words are in it. */
const FLOOR_WINDOWS = 94;

/** The floor is never thought lower or higher than this, in dBFS: quieter is no speech, louder noise is speech. */
const LOWEST_FLOOR_DB = -65;
const HIGHEST_FLOOR_DB = -35;

/**
 * Level above the floor → probability, a logistic curve: 0.25 at 7 dB, 0.3 at 9 dB, 0.5 at 16 dB, 0.9 at 33 dB. So the
 * thresholds that suit Silero suit this model too.
 */
const EVEN_CHANCE_DB = 15.8;
const STEEPNESS_DB = 8;

/**
 * Speech by its level above the noise floor: no download, no WebAssembly, a microsecond or two a window. It serves until a
 * Silero model is ready, and in its place where none can be had.
 *
 * What it cannot do: any loud sound is speech to it. A noise that begins suddenly counts as speech for 3 s, until the
 * floor has followed. Speech less than 9 dB above the noise is missed, and so is all beyond the first 3 s of a sound
 * without the slightest pause, a held tone for example. Steady noise above −26 dBFS counts as speech for good.
 */
export class EnergyModel implements ProbabilityModel {
  readonly name = 'energy';
  readonly windowFrames = WINDOW_FRAMES;
  #levels: number[] = [];
  #input = 0;
  #output = 0;

  probability(window: Float32Array): number {
    const level = this.#levelDb(window);
    this.#levels.push(level);
    if (this.#levels.length > FLOOR_WINDOWS) this.#levels.shift();
    const floor = Math.min(HIGHEST_FLOOR_DB, Math.max(LOWEST_FLOOR_DB, Math.min(...this.#levels)));
    return 1 / (1 + Math.exp((EVEN_CHANCE_DB - (level - floor)) / STEEPNESS_DB));
  }

  /** The floor is learned anew: what follows may be another room, or another microphone. */
  reset(): void {
    this.#levels = [];
  }

  release(): void {}

  #levelDb(window: Float32Array): number {
    let sum = 0;
    for (const sample of window) {
      this.#output = HIGH_PASS * (this.#output + sample - this.#input);
      this.#input = sample;
      sum += this.#output * this.#output;
    }
    return 10 * Math.log10(sum / window.length + 1e-12);
  }
}
