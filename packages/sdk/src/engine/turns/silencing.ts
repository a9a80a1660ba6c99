import type { Speaker } from '../../core/turn.ts';
import type { SessionClock } from '../capture/session-clock.ts';
import type { MarkLedger, SilentRange } from './mark-ledger.ts';

/** A worklet that does not answer within this is dead, or its context stands still: what it sent is all there is. */
const ANSWER_MS = 1000;

/** A track is silent on purpose, or sounds again. */
export interface Silenced {
  silent: boolean;
  /** First frame for which it holds, and the same in session time. */
  epoch: number;
  frame: number;
  atMs: number;
}

export interface SilencingOptions {
  speaker: Speaker;
  kind: Exclude<SilentRange['kind'], 'redaction'>;
  clock: SessionClock;
  marks: MarkLedger;
  /** Tells the worklet in charge; false: there is none. */
  command: (silent: boolean, askId: number) => boolean;
  /** Frame after the last one of the track; 0 before the first. */
  end: () => number;
  /** The marks of the open file have changed. */
  onMark: () => void;
  report: (event: Silenced) => void;
}

/**
 * A track that is silent on purpose: the user's mute, the user who wants to hear nothing of the bot. The worklet makes it: from
 * the frame that it names on, its blocks are silence, so nothing of the audio leaves the audio thread. What another source brings
 * while it goes on is silenced as it arrives. Time goes on, and so does an open turn.
 */
export class Silencing {
  readonly #options: SilencingOptions;
  #range: SilentRange | undefined;
  #last: Silenced | undefined;
  #waiting: { askId: number; silent: boolean; done: (event: Silenced) => void } | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  /** Rises over engines: a worklet's answer to one that died is not ours. */
  #ids = Math.floor(performance.timeOrigin);
  /** What the newest worklet was told. */
  #wanted = false;
  /** The track is somebody else's for a while, and sounds. */
  #isSuspended = false;

  constructor(options: SilencingOptions) {
    this.#options = options;
  }

  /** It was so under an engine that died; the worklet still is. */
  goOn(event: Silenced): void {
    this.#wanted = event.silent;
    this.#last = event;
    if (event.silent) this.#begin(this.#options.clock.toFrames(event.atMs));
  }

  /** Settles with the frame from which it holds. Asked for what is so already, it answers with the frame that was. */
  set(silent: boolean): Promise<Silenced> {
    const next = this.#queue.then(() => this.#set(silent));
    this.#queue = next.catch(() => undefined);
    return next;
  }

  /** A new worklet of the track: it is as silent as the last. */
  connected(): void {
    if (this.#wanted) this.#options.command(true, 0);
  }

  /** The worklet has done it, at this session frame. */
  answered(askId: number, at: number): void {
    if (this.#waiting?.askId === askId) this.#settle(at);
  }

  /** From this frame on the track is of a source that obeys nobody here. */
  suspend(at: number): void {
    this.#isSuspended = true;
    this.#end(at);
  }

  /** It is of ours again. */
  resume(at: number): void {
    this.#isSuspended = false;
    if (this.#last?.silent) this.#begin(at);
  }

  async #set(silent: boolean): Promise<Silenced> {
    if (this.#last?.silent === silent) return this.#last;
    this.#wanted = silent;
    this.#ids += 1;
    const askId = this.#ids;
    const event = new Promise<Silenced>((done) => (this.#waiting = { askId, silent, done }));
    const told = this.#options.command(silent, askId);
    const deadline = setTimeout(() => this.answered(askId, this.#options.end()), told ? ANSWER_MS : 0);
    try {
      return await event;
    } finally {
      clearTimeout(deadline);
    }
  }

  #settle(at: number): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    this.#waiting = undefined;
    const { silent } = waiting;
    const { clock, onMark, report } = this.#options;
    if (silent) this.#begin(at);
    else this.#end(at);
    onMark();
    this.#last = { silent, ...clock.toPlace(at), atMs: clock.toMs(at) };
    report(this.#last);
    waiting.done(this.#last);
  }

  #begin(from: number): void {
    const { speaker, kind, marks } = this.#options;
    if (!this.#isSuspended) this.#range = marks.add({ speaker, from, to: Infinity, kind });
  }

  #end(at: number): void {
    if (this.#range) this.#range.to = at;
    this.#range = undefined;
  }
}
