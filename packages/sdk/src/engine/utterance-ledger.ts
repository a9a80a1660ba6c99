import type { UtteranceResult } from '../core/events.ts';

/** What became of one thing the bot was given to say. */
interface Account {
  turnId: string;
  generatedMs: number;
  renderedMs: number;
  /** Settled: drained or cut. What is given afterwards is still counted as generated. */
  over: boolean;
}

/** Generated against rendered against heard, for each utterance and for each turn. */
export class UtteranceLedger {
  readonly #accounts = new Map<string, Account>();

  begin(utteranceId: string, turnId: string): void {
    if (!this.#accounts.has(utteranceId))
      this.#accounts.set(utteranceId, { turnId, generatedMs: 0, renderedMs: 0, over: false });
  }

  /** True while the utterance may still be played. */
  isOpen(utteranceId: string): boolean {
    return this.#accounts.get(utteranceId)?.over === false;
  }

  isKnown(utteranceId: string): boolean {
    return this.#accounts.has(utteranceId);
  }

  /** Audio was given, played or not. */
  generated(utteranceId: string, milliseconds: number): void {
    const account = this.#accounts.get(utteranceId);
    if (account) account.generatedMs += milliseconds;
  }

  /** The utterance is over: this much of it was put out. */
  settle(utteranceId: string, renderedMs: number, interrupted: boolean, outputLatencyMs: number): UtteranceResult {
    const account = this.#accounts.get(utteranceId);
    if (!account) return { renderedMs: 0, heardMs: 0, generatedMs: 0, interrupted };
    account.over = true;
    account.renderedMs = renderedMs;
    const heardMs = interrupted ? Math.max(0, renderedMs - outputLatencyMs) : renderedMs;
    return { renderedMs, heardMs, generatedMs: account.generatedMs, interrupted };
  }

  /** Sums over the utterances of a turn. */
  ofTurn(turnId: string): { renderedMs: number; generatedMs: number } {
    const sum = { renderedMs: 0, generatedMs: 0 };
    for (const account of this.#accounts.values()) {
      if (account.turnId !== turnId) continue;
      sum.renderedMs += account.renderedMs;
      sum.generatedMs += account.generatedMs;
    }
    return sum;
  }

  /** Ids of those that are not over. */
  open(): string[] {
    return [...this.#accounts].filter(([, account]) => !account.over).map(([utteranceId]) => utteranceId);
  }
}
