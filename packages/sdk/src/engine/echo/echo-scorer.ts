import { Decimator } from './decimate.ts';
import { echoSums } from './chosen-sums.ts';
import type { EchoSignals } from './echo-sums.ts';
import { type EchoPath, fitPath, residual } from './least-squares.ts';

/** The longest way from the player's frames to the microphone's, both latencies and the room included. */
const LONGEST_DELAY_MS = 320;

/** Of the filter that is fitted: a loudspeaker, and the first reflections of a room. */
const FILTER_MS = 12;
/** So much of it lies before the delay that was found. */
const FILTER_BEFORE_MS = 2;
/** So many delays are tried. */
const CANDIDATES = 4;

/** A fit of at least this much audio that explains at least so much of it is a path worth keeping. */
const LEARN_MS = 180;
const LEARN_EXPLAINED = 0.7;

/** What the known path explains so well needs no new fit. */
const SURE = 0.9;
/** Power below this is digital silence. */
const SILENT = 1e-12;

/** An echo is not louder than what made it, by more than this (power): a fit that says so is chance. */
const LOUDEST_GAIN = 4;

/** The noise floor: the quietest of so many probes of this length, so many apart. */
const PROBE_MS = 16;
const PROBE_EVERY_MS = 100;
const PROBES = 30;
/** The quietest probe lies below the mean of the noise. */
const FLOOR_BIAS = 1.5;

/** One part of the microphone's track, as far as the bot's playback explains it. */
export interface EchoScore {
  /** 0 … 1: which part of the energy above the noise the bot's recent playback explains. */
  likelihood: number;
  /** Power above the noise that it does not explain, as a multiple of the noise. */
  unexplained: number;
  /** Of the echo, in ms; undefined where nothing resembled one. */
  delayMs: number | undefined;
}

export interface EchoScorerOptions {
  /** Session frames per second. */
  clockRate: number;
  /** A track's frames [from, to); silence where there are none. */
  read: (speaker: 'user' | 'bot', from: number, to: number) => Float32Array;
}

/** Of the noise that warms the scorer up: any will do. After one score the first cut of a session still took 10 to 12 ms, the second 5. */
const WARM_UP_MS = { score: 128, delay: 50 };
const WARM_UP_SCORES = 8;

const NO_ECHO: EchoScore = { likelihood: 0, unexplained: Infinity, delayMs: undefined };

/**
 * Says how much of what the microphone heard is the bot's own voice coming back. Both tracks are on one clock, so an
 * echo is the playback, a constant time later, through a short linear filter: the filter that fits best is found by
 * least squares, and what it explains is echo. Once found, the delay is remembered.
 *
 * Nothing is computed before it is asked for, but for the level of the noise.
 */
export class EchoScorer {
  readonly #options: EchoScorerOptions;
  readonly #decimator: Decimator;
  readonly #probes: number[] = [];
  #probedTo = 0;
  #path: EchoPath | undefined;

  constructor(options: EchoScorerOptions) {
    this.#options = options;
    this.#decimator = new Decimator(options.clockRate);
  }

  /** The microphone's track has been captured up to this frame. */
  advanced(to: number): void {
    if (to - this.#probedTo < this.#toFrames(PROBE_EVERY_MS)) return;
    this.#probedTo = to;
    this.#probes.push(power(this.#signal('user', to - this.#toFrames(PROBE_MS), this.#toSamples(PROBE_MS))));
    if (this.#probes.length > PROBES) this.#probes.shift();
  }

  /** Fits to the frames [from, to) and scores those from `judgedFrom` on: all of them, when it is not given. */
  score(from: number, to: number, judgedFrom = from): EchoScore {
    const known = this.#scoreByKnown(judgedFrom, to);
    if (known && known.likelihood >= SURE) return known;
    const taps = this.#toSamples(FILTER_MS);
    const signals = this.#signals(from, to, this.#toSamples(LONGEST_DELAY_MS) + taps);
    if (power(signals.reference) < SILENT) return NO_ECHO;
    const count = signals.mic.length;
    const judged = Math.floor((judgedFrom - from) / this.#decimator.factor);
    const best = this.#best(signals, taps);
    if (!best) return NO_ECHO;
    const { path, explained } = best;
    if (explained >= LEARN_EXPLAINED && count >= this.#toSamples(LEARN_MS)) this.#path = path;
    const rest = residual(signals, path).subarray(judged);
    return this.#compare(signals.mic.subarray(judged), rest, best.correction, path);
  }

  /** By the path that was found before: a tenth of the work, and nearly always enough while an echo lasts. */
  #scoreByKnown(from: number, to: number): EchoScore | undefined {
    const path = this.#path;
    if (!path) return undefined;
    const signals = this.#signals(from, to, path.delay + path.taps.length);
    if (power(signals.reference) < SILENT) return undefined;
    return this.#compare(signals.mic, residual(signals, path), 1, path);
  }

  #compare(mic: Float32Array, left: Float32Array, correction: number, path: EchoPath): EchoScore {
    const noise = this.#noise();
    const above = Math.max(power(mic) - noise, SILENT);
    const rest = Math.max(0, power(left) * correction - noise);
    return {
      likelihood: Math.max(0, Math.min(1, 1 - rest / above)),
      unexplained: rest / Math.max(noise, SILENT),
      delayMs: ((path.delay + this.#toSamples(FILTER_BEFORE_MS)) / this.#decimator.rate) * 1000,
    };
  }

  #signals(from: number, to: number, lead: number): EchoSignals {
    const { factor } = this.#decimator;
    const count = Math.floor((to - from) / factor);
    const reference = this.#signal('bot', from - lead * factor, lead + count);
    return { mic: this.#signal('user', from, count), reference, lead };
  }

  #best(signals: EchoSignals, length: number) {
    const noise = this.#noise();
    const before = this.#toSamples(FILTER_BEFORE_MS);
    const energy = Math.max(power(signals.mic) - noise, SILENT);
    // At an onset most of what is judged is silence.
    const sounding = echoSums().spread(signals.mic);
    const taps = Math.max(8, Math.min(length, Math.floor(sounding / 3)));
    // The known path may be a wrong one, a pitch period away from the right one: all are tried again beside it.
    const known = this.#path;
    const delays = echoSums().likelyDelays(signals, this.#toSamples(LONGEST_DELAY_MS), CANDIDATES);
    const samples = Math.max(sounding, 1.5 * taps);
    let best: { path: EchoPath; explained: number; correction: number } | undefined;
    const consider = (path: EchoPath | undefined, left: number, correction: number): void => {
      if (!path || path.taps.reduce((sum, tap) => sum + tap * tap, 0) > LOUDEST_GAIN) return;
      const explained = 1 - Math.max(0, left * correction - noise) / energy;
      if (!best || explained > best.explained) best = { path, explained, correction };
    };
    if (known) consider(known, power(residual(signals, known)), 1);
    const whole = power(signals.mic);
    for (const delay of delays) {
      if (best && best.explained >= SURE) break;
      const path = fitPath(signals, Math.max(0, delay - before), taps);
      // A filter with as many taps as there are samples explains anything: what chance explains is taken off again.
      if (path) consider(path, whole - path.explained / signals.mic.length, 1 / (1 - taps / samples));
    }
    return best;
  }

  #noise(): number {
    return this.#probes.length === 0 ? 0 : Math.min(...this.#probes) * FLOOR_BIAS;
  }

  /** `count` samples at the search rate from session frame `from` on, with pre-emphasis. */
  #signal(speaker: 'user' | 'bot', from: number, count: number): Float32Array {
    const { before, frames } = this.#decimator.span(count);
    return this.#decimator.take(this.#options.read(speaker, from - before, from - before + frames), count);
  }

  #toFrames(ms: number): number {
    return Math.round((ms / 1000) * this.#options.clockRate);
  }

  #toSamples(ms: number): number {
    return Math.round((ms / 1000) * this.#decimator.rate);
  }
}

/**
 * Scores noise and its own echo, and noise that is none, before anybody waits for it: the first score of a thread takes 27 ms
 * (measured, on a machine that takes 3 for the next ones), and a cut would be what waits.
 */
export function warmUpEchoScorer(clockRate: number): void {
  const delay = Math.round((WARM_UP_MS.delay / 1000) * clockRate);
  for (let each = 0; each < WARM_UP_SCORES; each += 1) {
    // What no delay explains is fitted at all of them.
    const shift = each % 2 === 0 ? delay : -clockRate * 60;
    const scorer = new EchoScorer({
      clockRate,
      read: (speaker, from, to) =>
        Float32Array.from({ length: to - from }, (_, n) => noise(from + n - (speaker === 'user' ? shift : 0))),
    });
    scorer.score(clockRate, Math.round((1 + WARM_UP_MS.score / 1000) * clockRate));
  }
}

/** The same number for the same `at`. */
function noise(at: number): number {
  const mixed = Math.imul(at + 0x9e37_79b9, 0x85eb_ca6b);
  return Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35) / 2 ** 31;
}

const power = (samples: Float32Array): number => echoSums().power(samples);
