import type { Session, Turn } from 'turntape';
import type { LiveFacts, TapeGap } from './tape.ts';

/** What the running session has told so far, for the tape. */
export class LiveSession {
  readonly sessionId: string;
  readonly #turns = new Map<string, Turn>();
  readonly #unheardMs = new Map<string, number>();
  readonly #gaps: TapeGap[] = [];
  #nowMs = 0;
  readonly #offs: (() => void)[];

  /** `onChange` is told of each turn and gap, and of the time as it passes. */
  constructor(session: Session, onChange: () => void) {
    this.sessionId = session.sessionId;
    const take = ({ turn }: { turn: Turn }): void => {
      this.#turns.set(turn.turnId, turn);
      onChange();
    };
    this.#offs = [
      session.on('turn-start', take),
      session.on('turn-end', take),
      session.on('interruption', ({ turnId, heardMs, generatedMs }) => {
        this.#unheardMs.set(turnId, Math.max(0, (generatedMs ?? 0) - (heardMs ?? 0)));
        onChange();
      }),
      session.on('gap', ({ startMs, endMs, cause, speaker }) => {
        this.#gaps.push({ startMs, endMs, cause, speaker });
        onChange();
      }),
      session.on('level', ({ atMs }) => {
        this.#nowMs = Math.max(this.#nowMs, atMs);
        onChange();
      }),
    ];
  }

  /** As they are now. */
  get facts(): LiveFacts {
    return {
      sessionId: this.sessionId,
      turns: [...this.#turns.values()],
      unheardMs: this.#unheardMs,
      gaps: [...this.#gaps],
      nowMs: this.#nowMs,
    };
  }

  /** Listens no more; what was told stays. */
  dispose(): void {
    for (const off of this.#offs) off();
  }
}
