import type { TrackerFact } from '../../core/turn-tracker.ts';

/** The end of the user's speech, as the device's detector found it. */
export type SpeechEnd = Extract<TrackerFact, { type: 'speech-end' }>;

export interface TurnEndOptions {
  /** Longest that the end of a turn is put off, in session frames. */
  timeoutFrames: number;
  /** The session frame after the newest one of the user's track. */
  now: () => number;
  /** The app is asked whether the turn is over. */
  ask: (question: { askId: number; turnId: string; end: number; decided: number }) => void;
  /** It need not answer any more. */
  withdraw: (askId: number) => void;
  /** The turn is over. */
  end: (fact: SpeechEnd) => void;
}

/**
 * A pause at which the app is asked whether the turn is over. Until it says so, or the time is up, the end is held back: who
 * speaks on goes on with the same turn. Time is that of the audio.
 */
export class TurnEnd {
  readonly #options: TurnEndOptions;
  #held: { askId: number; fact: SpeechEnd; since: number } | undefined;
  #asked = 0;
  /** Something is heard again, and nobody knows yet whether it is speech. */
  #doubtful = false;
  #over = false;

  constructor(options: TurnEndOptions) {
    this.#options = options;
  }

  /** The speech of this turn ended. */
  hold(turnId: string, fact: SpeechEnd): void {
    const askId = (this.#asked += 1);
    this.#held = { askId, fact, since: fact.decided };
    this.#doubtful = false;
    this.#over = false;
    this.#options.ask({ askId, turnId, end: fact.end, decided: fact.decided });
  }

  /** Something is heard. True: in a turn whose end is held back, so it is no start. */
  heard(): boolean {
    if (!this.#held) return false;
    this.#doubtful = true;
    return true;
  }

  /** What was heard was no speech. True: the end that is held back is still the turn's. */
  misheard(): boolean {
    if (!this.#held) return false;
    this.#doubtful = false;
    this.#settle();
    return true;
  }

  /** What was heard is speech, or the turn was ended otherwise: there is nothing to hold back any more. */
  drop(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held) this.#options.withdraw(held.askId);
  }

  /** The app says that it is over. An answer to an earlier question is none. */
  answered(askId: number): void {
    if (askId !== this.#held?.askId) return;
    this.#over = true;
    this.#settle();
  }

  /** The track goes on. */
  advanced(at: number): void {
    if (!this.#held || at - this.#held.since < this.#options.timeoutFrames) return;
    this.#over = true;
    this.#settle();
  }

  /** Whatever the app says: it is over. */
  release(): void {
    this.#doubtful = false;
    this.#over = true;
    this.#settle();
  }

  #settle(): void {
    const held = this.#held;
    if (!held || !this.#over || this.#doubtful) return;
    this.drop();
    this.#options.end({ ...held.fact, decided: Math.max(held.fact.decided, this.#options.now()) });
  }
}
