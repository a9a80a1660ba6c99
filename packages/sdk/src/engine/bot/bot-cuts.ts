import type { CutResult } from '../../core/messages/page-engine.ts';
import type { InterruptionCause } from '../../core/turn.ts';

/** A cut that is neither voice nor hand: the session ends while the bot still plays. */
export type CutCause = InterruptionCause | 'session_end';

/** A command that never comes back (a dead worklet) must not hold up whoever waits for the cut. */
const CUT_ANSWER_MS = 1000;

/** A cut that is under way. */
export interface BotCut {
  cause: CutCause;
  /** Session frame at which it was decided. */
  decided: number;
  settle: (result: CutResult | undefined) => void;
}

/** The cuts that are under way: told to whoever plays the bot, and not answered yet. */
export class BotCuts {
  readonly #cuts = new Map<number, BotCut>();
  /** Rises over engines: a player's answer to one that died is not ours. */
  #count = Math.floor(performance.timeOrigin);

  /** `silence` sends it on its way. Settles with what was cut; undefined when nothing was playing, or nobody answers. */
  begin(cause: CutCause, decided: number, silence: (cutId: number) => void): Promise<CutResult | undefined> {
    const cutId = (this.#count += 1);
    return new Promise((resolve) => {
      const late = setTimeout(() => this.#cuts.delete(cutId) && resolve(undefined), CUT_ANSWER_MS);
      const settle = (result: CutResult | undefined): void => {
        clearTimeout(late);
        resolve(result);
      };
      this.#cuts.set(cutId, { cause, decided, settle });
      silence(cutId);
    });
  }

  /** It took effect; undefined for a cut that is not ours, or was given up. */
  answered(cutId: number): BotCut | undefined {
    const cut = this.#cuts.get(cutId);
    this.#cuts.delete(cutId);
    return cut;
  }
}
