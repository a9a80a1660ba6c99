import type { UtteranceResult } from '../../core/events.ts';
import type { UtteranceFacts } from '../../core/segment.ts';

/** What became of one thing the bot was given to say. */
interface Account {
  generatedMs: number;
  renderedMs: number;
  deafenedMs: number;
  heardMs: number;
  interrupted: boolean;
  /** Settled: drained or cut. What is given afterwards is still counted as generated. */
  over: boolean;
}

const NOTHING = { generatedMs: 0, renderedMs: 0, deafenedMs: 0, heardMs: 0, interrupted: false };

/** How much of something was put out, and which part of it to a user who heard nothing of the bot. */
export interface PutOut {
  renderedMs: number;
  deafenedMs: number;
}

/** What of it reached the ear. `onItsWayMs`: what had not arrived there when it was cut. */
export function heardOf({ renderedMs, deafenedMs }: PutOut, onItsWayMs = 0): number {
  return Math.max(0, renderedMs - deafenedMs - onItsWayMs);
}

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

  /** The utterance is over: this much of it was put out. `onItsWayMs`: see {@link heardOf}; undefined: it was not cut. */
  settle(utteranceId: string, put: PutOut, onItsWayMs: number | undefined): UtteranceResult {
    const account = this.#accounts.get(utteranceId);
    const interrupted = onItsWayMs !== undefined;
    const { renderedMs } = put;
    const heardMs = heardOf(put, onItsWayMs);
    if (!account) return { renderedMs: 0, heardMs: 0, generatedMs: 0, interrupted };
    Object.assign(account, { ...put, over: true, heardMs, interrupted });
    return { renderedMs, heardMs, generatedMs: account.generatedMs, interrupted };
  }

  /** Sums over the utterances of a turn, as far as they were begun in this run of it. */
  sum(utteranceIds: readonly string[]): PutOut & { generatedMs: number } {
    const sum = { renderedMs: 0, deafenedMs: 0, generatedMs: 0 };
    for (const utteranceId of utteranceIds) {
      const { renderedMs, deafenedMs, generatedMs } = this.#accounts.get(utteranceId) ?? NOTHING;
      sum.renderedMs += renderedMs;
      sum.deafenedMs += deafenedMs;
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
