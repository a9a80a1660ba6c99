import type { TurntapeError } from '../../core/errors.ts';
import type { VadSettings } from '../../core/settings.ts';
import { SpeechDetector, type SpeechFact } from './detector.ts';
import type { ProbabilityModel } from './probability-model.ts';

/** For tests: a model that says what it is told to, and a detector that writes down what it finds. */

export const SETTINGS: VadSettings = {
  model: 'v6',
  positiveSpeechThreshold: 0.3,
  negativeSpeechThreshold: 0.25,
  minSpeechMs: 96,
  endSilenceMs: 128,
  echoThreshold: 0.8,
};

type Answer = (probability: number) => number | Promise<number>;

/** Answers window after window what the script says, silence beyond its end. */
export class ScriptedModel implements ProbabilityModel {
  readonly name = 'v6';
  readonly windowFrames: number;
  readonly windows: Float32Array[] = [];
  readonly #script: readonly number[];
  readonly #answer: Answer;
  resets = 0;

  constructor(script: readonly number[], windowFrames = 512, answer: Answer = (probability) => probability) {
    this.#script = script;
    this.windowFrames = windowFrames;
    this.#answer = answer;
  }

  probability(window: Float32Array): number | Promise<number> {
    this.windows.push(window);
    return this.#answer(this.#script[this.windows.length - 1] ?? 0);
  }

  reset(): void {
    this.resets += 1;
  }

  release(): void {}
}

export function listen(model: ProbabilityModel, clockRate: number, settings: VadSettings = SETTINGS) {
  const facts: SpeechFact[] = [];
  const errors: TurntapeError[] = [];
  const detector = new SpeechDetector({
    settings,
    clockRate,
    model,
    onFact: (fact) => facts.push(fact),
    onError: (error) => errors.push(error),
  });
  return { detector, facts, errors };
}

/** Enough audio for this many windows: a little more, since the resampler looks ahead. */
export const framesFor = (windows: number, clockRate: number, windowFrames = 512): number =>
  Math.ceil((windows * windowFrames * clockRate) / 16_000 + 0.01 * clockRate);

export const speech = (windows: number): number[] => Array.from({ length: windows }, () => 0.9);
export const silence = (windows: number): number[] => Array.from({ length: windows }, () => 0);
