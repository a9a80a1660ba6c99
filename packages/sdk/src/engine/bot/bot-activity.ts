import type { TurntapeError } from '../../core/errors.ts';
import type { VadSettings } from '../../core/settings.ts';
import type { TrackerFact } from '../../core/turn-tracker.ts';
import { SpeechDetector } from '../vad/detector.ts';
import { EnergyModel } from '../vad/energy-model.ts';

/**
 * Where an attached stream has no marks of its own, its sound makes the turns. A bot's voice is clean and steady, so
 * energy is enough; its pauses between sentences are short, so the hang-over is shorter than a person's.
 */
const ACTIVITY: VadSettings = {
  model: 'energy',
  positiveSpeechThreshold: 0.3,
  negativeSpeechThreshold: 0.25,
  minSpeechMs: 100,
  endSilenceMs: 600,
  echoThreshold: 1,
};

export interface BotActivityOptions {
  clockRate: number;
  newId: () => string;
  feed: (fact: TrackerFact) => void;
  onError: (error: TurntapeError) => void;
}

/** Cuts an attached bot stream into turns by voice activity on it. */
export class BotActivity {
  readonly #detector: SpeechDetector;

  constructor({ clockRate, newId, feed, onError }: BotActivityOptions) {
    const who = { speaker: 'bot', source: 'client' } as const;
    this.#detector = new SpeechDetector({
      settings: ACTIVITY,
      clockRate,
      model: new EnergyModel(),
      onError,
      onFact(fact) {
        if (fact.type === 'start')
          feed({ ...who, type: 'speech-start', onset: fact.onset, decided: fact.decided, turnId: newId() });
        if (fact.type === 'confirmed') feed({ type: 'speech-confirmed', speaker: 'bot', at: fact.at });
        if (fact.type === 'end')
          feed({ ...who, type: 'speech-end', end: fact.end, decided: fact.decided, misfire: fact.misfire });
      },
    });
  }

  hear(from: number, samples: Float32Array): void {
    this.#detector.feed(from, samples);
  }

  /** Every window is decided and an open turn is ended. */
  async finish(): Promise<void> {
    this.#detector.endSpeech();
    await this.#detector.settle();
  }
}
