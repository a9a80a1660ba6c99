import type { MuteEvent } from '../../core/events.ts';
import type { MarkLedger, SilentRange } from '../turns/mark-ledger.ts';
import type { SessionClock } from '../capture/session-clock.ts';

/** A tap that does not answer within this is dead, or its context stands still: what it sent is all there is. */
const TAP_ANSWER_MS = 1000;

export interface MuteOptions {
  clock: SessionClock;
  marks: MarkLedger;
  /** Tells the user's tap; false: there is none. */
  command: (muted: boolean, muteId: number) => boolean;
  /** Frame after the last one of the user's track; 0 before the first. */
  end: () => number;
  /** The marks of the user's open file have changed. */
  onMark: () => void;
  report: (event: MuteEvent) => void;
}

/**
 * The user's mute. The tap makes it: from the frame that it names on, its blocks are silence, so nothing of the audio
 * leaves the audio thread. What another source brings while the mute goes on is silenced as it arrives. Time goes on,
 * and so does an open turn: it hears silence, and its detector ends it as after any other silence.
 */
export class Mute {
  readonly #options: MuteOptions;
  #range: SilentRange | undefined;
  #last: MuteEvent | undefined;
  #waiting: { muteId: number; muted: boolean; done: (event: MuteEvent) => void } | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  /** Rises over engines: a tap's answer to one that died is not ours. */
  #ids = Math.floor(performance.timeOrigin);
  /** What the newest tap was told. */
  #wanted = false;

  constructor(options: MuteOptions) {
    this.#options = options;
  }

  /** The user was mute under an engine that died; the tap still is. */
  goOn(event: MuteEvent, from: number): void {
    this.#wanted = true;
    this.#last = event;
    this.#range = this.#options.marks.add({ speaker: 'user', from, to: Infinity, kind: 'mute' });
  }

  /** Settles with the frame from which it holds. Asked for what is so already, it answers with the frame that was. */
  set(muted: boolean): Promise<MuteEvent> {
    const next = this.#queue.then(() => this.#set(muted));
    this.#queue = next.catch(() => undefined);
    return next;
  }

  /** A new tap of the user's track: it is as mute as the last. */
  tapConnected(): void {
    if (this.#wanted) this.#options.command(true, 0);
  }

  /** The tap has done it, at this session frame. */
  answered(muteId: number, at: number): void {
    if (this.#waiting?.muteId === muteId) this.#settle(at);
  }

  async #set(muted: boolean): Promise<MuteEvent> {
    if (this.#last?.muted === muted) return this.#last;
    this.#wanted = muted;
    this.#ids += 1;
    const muteId = this.#ids;
    const event = new Promise<MuteEvent>((done) => (this.#waiting = { muteId, muted, done }));
    const told = this.#options.command(muted, muteId);
    const deadline = setTimeout(() => this.answered(muteId, this.#options.end()), told ? TAP_ANSWER_MS : 0);
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
    const { clock, marks, onMark, report } = this.#options;
    if (waiting.muted) this.#range = marks.add({ speaker: 'user', from: at, to: Infinity, kind: 'mute' });
    else if (this.#range) this.#range.to = at;
    onMark();
    const place = clock.epochs.length > 0 ? clock.toCapture(at) : undefined;
    this.#last = {
      muted: waiting.muted,
      atMs: clock.toMs(at),
      epoch: place?.epoch.epoch ?? 0,
      frame: place?.frame ?? 0,
    };
    report(this.#last);
    waiting.done(this.#last);
  }
}
