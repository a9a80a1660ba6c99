import type { TurntapeError } from '../../core/errors.ts';
import type { VadSettings } from '../../core/settings.ts';
import type { TrackerNews } from '../../core/turn-tracker.ts';
import type { Speaker } from '../../core/turn.ts';
import { EchoGuard } from '../echo/echo-guard.ts';
import { EchoScorer, warmUpEchoScorer } from '../echo/echo-scorer.ts';
import { SpeechDetector, type SpeechFact } from '../vad/detector.ts';
import type { ProbabilityModel } from '../vad/probability-model.ts';

export interface UserHearingOptions {
  settings: VadSettings;
  /** Session frames per second. */
  clockRate: number;
  model: ProbabilityModel;
  newId: () => string;
  /** The recent audio of a track. */
  read: (speaker: Speaker, from: number, to: number) => Float32Array;
  /** The user's speech, and nobody else's. */
  onFact: (fact: SpeechFact) => void;
  /** A start, and its stop, that is only the bot's own voice coming back. */
  onDoubt: (news: TrackerNews) => void;
  onError: (error: TurntapeError) => void;
}

/** What the engine hears of the user: speech by the detector, less what is an echo of the bot. */
export class UserHearing {
  readonly #detector: SpeechDetector;
  readonly #scorer: EchoScorer;
  readonly #echo: EchoGuard;

  constructor({ settings, clockRate, model, newId, read, onFact, onDoubt, onError }: UserHearingOptions) {
    warmUpEchoScorer(clockRate);
    this.#scorer = new EchoScorer({ clockRate, read });
    this.#echo = new EchoGuard({ settings, clockRate, scorer: this.#scorer, newId, onFact, onDoubt });
    this.#detector = new SpeechDetector({
      settings,
      clockRate,
      model,
      onFact: (fact) => this.#echo.detected(fact),
      onWindow: (from, to, probability) => this.#echo.window(from, to, probability),
      onError,
    });
  }

  /** The name of the model in charge. */
  get modelName(): string {
    return this.#detector.model.name;
  }

  hear(from: number, samples: Float32Array): void {
    this.#detector.feed(from, samples);
  }

  /** The bot speaks: a start must be found as soon as can be. */
  listenClosely(close: boolean): void {
    this.#detector.listenClosely(close);
  }

  /** The user's track has been written up to here: what lies before can be compared with the bot's. */
  advanced(to: number): void {
    this.#scorer.advanced(to);
  }

  /** The voice backend hears the user: it is no echo. */
  trust(at: number): void {
    this.#echo.trust(at);
  }

  useModel(model: ProbabilityModel): void {
    this.#detector.useModel(model);
  }

  /** Settles when every whole window heard so far is decided. */
  settle(): Promise<void> {
    return this.#detector.settle();
  }
}
