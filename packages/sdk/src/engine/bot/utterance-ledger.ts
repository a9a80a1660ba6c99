import type { UtteranceResult } from '../../core/events.ts';
import type { UtteranceFacts } from '../../core/segment.ts';

/** What became of one thing the bot was given to say. */
interface Account {
  generatedMs: number;
  renderedMs: number;
  heardMs: number;
  interrupted: boolean;
  /** Settled: drained or cut. What is given afterwards is still counted as generated. */
  over: boolean;
}

const NOTHING = { generatedMs: 0, renderedMs: 0, heardMs: 0, interrupted: false };

/** Generated against rendered against heard, for each utterance and for each turn. */
export class UtteranceLedger {
  readonly #accounts = new Map<string, Account>();

  begin(utteranceId: string): void {
    if (!this.#accounts.has(utteranceId)) this.#accounts.set(utteranceId, { ...NOTHING, over: false });
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
    if (!account) return { ...NOTHING, interrupted };
    const heardMs = interrupted ? Math.max(0, renderedMs - outputLatencyMs) : renderedMs;
    Object.assign(account, { over: true, renderedMs, heardMs, interrupted });
    return { renderedMs, heardMs, generatedMs: account.generatedMs, interrupted };
  }

  /** Sums over the utterances of a turn, as far as they were begun in this run of it. */
  sum(utteranceIds: readonly string[]): { renderedMs: number; generatedMs: number } {
    const sum = { renderedMs: 0, generatedMs: 0 };
    for (const utteranceId of utteranceIds) {
      const { renderedMs = 0, generatedMs = 0 } = this.#accounts.get(utteranceId) ?? {};
      sum.renderedMs += renderedMs;
      sum.generatedMs += generatedMs;
    }
    return sum;
  }

  /** Each of them as it stands now. */
  each(utteranceIds: readonly string[]): UtteranceFacts[] {
    return utteranceIds.map((utteranceId) => {
      const { renderedMs, heardMs, generatedMs, interrupted } = this.#accounts.get(utteranceId) ?? NOTHING;
      return { utteranceId, renderedMs, heardMs, generatedMs, interrupted };
    });
  }

  /** Ids of those that are not over. */
  open(): string[] {
    return [...this.#accounts].filter(([, account]) => !account.over).map(([utteranceId]) => utteranceId);
  }
}
