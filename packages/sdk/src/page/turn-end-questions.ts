import { TurntapeError } from '../core/errors.ts';
import type { EngineFact } from '../core/messages/page-engine.ts';

/** What `shouldEndTurn` is asked: the user has paused. */
export interface TurnEndQuestion {
  sessionId: string;
  turnId: string;
  /** Where the speech ended, in session milliseconds: `session.files.audio({ speaker: 'user', … })` gives what was said up to there. */
  endMs: number;
  /** How long it has been silent since, in milliseconds: `vad.endSilenceMs`, in whole windows of the detector. */
  silenceMs: number;
  /** Aborted when there is nothing to answer any more: the user spoke on, the time is up, or the session ends. */
  signal: AbortSignal;
}

/** True: the turn is over. */
export type ShouldEndTurn = (question: TurnEndQuestion) => boolean | Promise<boolean>;

export interface TurnEndQuestionsOptions {
  shouldEndTurn: ShouldEndTurn | undefined;
  /** The turn is over. */
  answer: (askId: number) => void;
  /** The hook failed. */
  fail: (error: TurntapeError) => void;
}

/** The app's side of the end of a turn: the engine asks, and only a yes goes back. */
export class TurnEndQuestions {
  readonly #options: TurnEndQuestionsOptions;
  readonly #open = new Map<number, AbortController>();

  constructor(options: TurnEndQuestionsOptions) {
    this.#options = options;
  }

  async ask({
    askId,
    sessionId,
    turnId,
    endMs,
    silenceMs,
  }: Extract<EngineFact, { type: 'turn-end-asked' }>): Promise<void> {
    const open = new AbortController();
    this.#open.set(askId, open);
    const { shouldEndTurn, answer, fail } = this.#options;
    let over = true;
    try {
      over = (await shouldEndTurn?.({ sessionId, turnId, endMs, silenceMs, signal: open.signal })) ?? true;
    } catch (cause) {
      // Whoever was told to stop may say so by a throw.
      if (!open.signal.aborted)
        fail(new TurntapeError('invalid_argument', 'shouldEndTurn threw', { field: 'shouldEndTurn', cause }));
    }
    if (over && !open.signal.aborted) answer(askId);
  }

  withdraw(askId: number): void {
    this.#open.get(askId)?.abort();
    this.#open.delete(askId);
  }

  /** The session is over. */
  close(): void {
    for (const askId of this.#open.keys()) this.withdraw(askId);
  }
}
