import type { TurntapeError, TurntapeErrorCode } from '../core/errors.ts';
import type { OutboxEntry } from '../upload-contract/outbox.ts';

/** Until when an item rests, and after what. */
export interface Wait {
  readonly untilMs: number;
  readonly code: TurntapeErrorCode | undefined;
}

/** What waits of one session, in order, and what holds it back. Its owner counts. */
export class SessionLine {
  readonly sessionId: string;
  /** By `seq`, rising. */
  readonly pending = new Map<number, OutboxEntry>();
  readonly rejected = new Map<number, OutboxEntry>();
  /** By `seq`: rarely more than the first item's. */
  readonly waits = new Map<number, Wait>();
  /** The item that is under way. */
  sending: OutboxEntry | undefined;
  wasServed = false;
  isPaused = false;
  /** Its token was refused. */
  refused: TurntapeError | undefined;

  constructor(sessionId: string) {
    this.sessionId = sessionId;
  }

  /** The item whose turn it is. */
  get head(): OutboxEntry | undefined {
    return this.pending.values().next().value;
  }

  /** Until when the head rests; undefined when it does not. */
  get restsUntilMs(): number | undefined {
    const { head } = this;
    return head && this.waits.get(head.seq)?.untilMs;
  }

  /** The backend had trouble with the head, or asked for time: a line that failed only for want of a network was not. */
  get isAskedToWait(): boolean {
    const wait = this.head && this.waits.get(this.head.seq);
    return wait !== undefined && wait.code !== 'network';
  }

  get isHeld(): boolean {
    return this.isPaused || this.refused !== undefined;
  }

  /** Nothing would be forgotten with it. */
  get isEmpty(): boolean {
    return this.pending.size === 0 && this.rejected.size === 0 && !this.sending && !this.isHeld;
  }
}
