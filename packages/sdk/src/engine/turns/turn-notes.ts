import type { TrackerNews } from '../../core/turn-tracker.ts';

/** What is known of a turn beside its boundaries: the stack's own id, and which speech of the user it answers. */
export class TurnNotes {
  readonly #externalIds = new Map<string, string>();
  readonly #answers = new Map<string, number>();
  readonly #echo = new Map<string, number>();
  readonly #cutLatencies = new Map<string, number>();
  #userEnd: number | undefined;

  take(news: readonly TrackerNews[]): void {
    for (const item of news) {
      if (item.type === 'vad-start' && item.echoLikelihood !== undefined)
        this.#echo.set(item.turnId, item.echoLikelihood);
      if (item.type === 'turn-end' && item.turn.speaker === 'user') this.#userEnd = item.turn.end;
      // Only the first turn after the user fell silent answers; one that began before is an overlap.
      if (item.type === 'turn-start' && item.turn.speaker === 'bot' && this.#userEnd !== undefined) {
        if (item.turn.start >= this.#userEnd) this.#answers.set(item.turn.turnId, this.#userEnd);
        this.#userEnd = undefined;
      }
    }
  }

  bind(turnId: string, externalId: string): void {
    this.#externalIds.set(turnId, externalId);
  }

  cut(turnId: string, latencyMs: number): void {
    this.#cutLatencies.set(turnId, latencyMs);
  }

  /** How long it took to silence this bot turn. Undefined: it was not cut, or not by us. */
  cutLatencyMs(turnId: string): number | undefined {
    return this.#cutLatencies.get(turnId);
  }

  externalId(turnId: string): string | null {
    return this.#externalIds.get(turnId) ?? null;
  }

  /** How much of its start the bot's playback explained. Null for a turn that no detector of ours began. */
  echoLikelihood(turnId: string): number | null {
    return this.#echo.get(turnId) ?? null;
  }

  /** Session frame at which the user's speech ended that this bot turn answers. */
  answers(turnId: string): number | undefined {
    return this.#answers.get(turnId);
  }
}
