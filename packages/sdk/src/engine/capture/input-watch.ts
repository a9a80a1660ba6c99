import type { GapCause } from '../../core/gap.ts';
import type { InputNote } from '../../core/messages/capture-note.ts';
import { SilenceRuns } from '../session-file/silence-runs.ts';

/** Digital silence of this length, with nobody having muted anything, is told: well within three seconds. */
const SILENT_AFTER_MS = 2500;

/** Shorter digital silence is part of what sounds: two quanta at 48 kHz, with room for a synthetic source. */
const SHORTEST_RUN_MS = 6;

/** How late the page may hear that the input fell silent: a page that was blocked tells it afterwards. */
const NOTE_LATE_MS = 3000;

/** A new source needs this long at most before it sounds; and so long is waited to see whether it does. */
const SETTLE_MS = 400;

const CAUSES: Readonly<Record<Exclude<InputNote, 'live' | 'off'>, GapCause>> = {
  changed: 'microphone_changed',
  muted: 'microphone_muted',
  lost: 'microphone_lost',
  denied: 'microphone_denied',
};

/** Something is the matter with the input; `to` is undefined while it still is. */
interface Trouble {
  cause: GapCause;
  from: number;
  to: number | undefined;
}

/** A loss of the user's track, in session frames. */
export interface InputLoss {
  from: number;
  to: number;
  cause: GapCause;
}

export interface InputWatchEvents {
  onLoss: (loss: InputLoss) => void;
  /** The input began to be digitally silent for no known reason, or is not any more. */
  onSilent: (silent: boolean) => void;
}

/**
 * Why the microphone gave nothing. The page says what happened and about when; the frames say exactly from where to
 * where. Silence without a word from the page is told when it lasts.
 */
export class InputWatch {
  readonly #events: InputWatchEvents;
  readonly #runs: SilenceRuns;
  readonly #frames: (milliseconds: number) => number;
  readonly #settling: Trouble[] = [];
  #trouble: Trouble | undefined;
  #off = false;
  #silent: { from: number } | undefined;
  #end = 0;

  /** `rate`: session frames per second. */
  constructor(rate: number, events: InputWatchEvents) {
    this.#events = events;
    this.#frames = (milliseconds) => Math.round((milliseconds / 1000) * rate);
    this.#runs = new SilenceRuns(this.#frames(SHORTEST_RUN_MS), this.#frames(60_000));
  }

  /** Frames of the input, as they came from the microphone; `samples` null is silence. */
  heard(from: number, frames: number, samples: Float32Array | null): void {
    const ended = this.#runs.take(from, frames, samples);
    this.#end = from + frames;
    if (ended) this.#endSilent(ended.to);
    this.#settle();
    const { open } = this.#runs;
    if (!open || this.#silent || this.#trouble || this.#off || this.#settling.length > 0) return;
    if (open.to - open.from < this.#frames(SILENT_AFTER_MS)) return;
    this.#silent = { from: open.from };
    this.#events.onSilent(true);
  }

  /** What the page heard at session frame `at`. */
  note(state: InputNote, at: number): void {
    this.#off = state === 'off';
    if (state === 'off') {
      this.#endSilent(this.#end);
      return;
    }
    if (state === 'live') {
      this.#close(at);
      return;
    }
    if (state === 'changed') {
      if (this.#trouble) this.#close(at);
      else this.#settling.push({ cause: CAUSES.changed, from: at, to: at });
      this.#forgetSilent(at);
      return;
    }
    this.#forgetSilent(at);
    if (this.#trouble) this.#trouble.cause = CAUSES[state];
    else this.#trouble = { cause: CAUSES[state], from: at, to: undefined };
  }

  /** Where the microphone was lost that is not back; undefined of one that is there. */
  get lostFrom(): number | undefined {
    const trouble = this.#trouble;
    if (trouble?.cause !== 'microphone_lost' && trouble?.cause !== 'microphone_denied') return undefined;
    return this.#lossOf(trouble)?.from ?? trouble.from;
  }

  /** What is missing up to now and is not written down yet, for a file that is finished in the middle of it. */
  open(): InputLoss[] {
    const troubles = this.#trouble ? [...this.#settling, this.#trouble] : this.#settling;
    return troubles.flatMap((trouble) => this.#lossOf(trouble) ?? []);
  }

  /** The session is over. */
  finish(): void {
    if (this.#trouble) this.#close(this.#end);
    this.#settle(true);
    this.#endSilent(this.#end);
  }

  #close(at: number): void {
    if (this.#trouble) this.#settling.push({ ...this.#trouble, to: at });
    this.#trouble = undefined;
  }

  #settle(now = false): void {
    for (let first = this.#settling[0]; first; first = this.#settling[0]) {
      if (!now && this.#end < (first.to ?? 0) + this.#frames(SETTLE_MS)) return;
      this.#settling.shift();
      const loss = this.#lossOf(first);
      if (loss) this.#events.onLoss(loss);
    }
  }

  /**
   * An edge of the silence that lies near the note is where it was; where there is none, the note's own frame stands: it
   * had been silent for long, or stayed so.
   */
  #lossOf({ cause, from: noted, to: notedEnd }: Trouble): InputLoss | undefined {
    const [late, settle] = [this.#frames(NOTE_LATE_MS), this.#frames(SETTLE_MS)];
    const earliest = noted - (cause === 'microphone_changed' ? settle : late);
    const last = notedEnd ?? this.#end;
    const runs = this.#runs.touching(noted - (cause === 'microphone_changed' ? 0 : settle), last + settle);
    const [first, final] = [runs[0], runs.at(-1)];
    if (!first || !final) return undefined;
    const from = first.from < earliest ? noted : first.from;
    const to = final.to > last + settle ? Math.max(last, from) : final.to;
    return to > from ? { from, to, cause } : undefined;
  }

  /** What was silent for no known reason has one now: it is written down under that. */
  #forgetSilent(at: number): void {
    if (!this.#silent) return;
    if (this.#silent.from < at - this.#frames(NOTE_LATE_MS)) {
      this.#endSilent(at);
      return;
    }
    this.#silent = undefined;
    this.#events.onSilent(false);
  }

  #endSilent(to: number): void {
    const silent = this.#silent;
    this.#silent = undefined;
    if (!silent) return;
    this.#events.onLoss({ from: silent.from, to, cause: 'input_silent' });
    this.#events.onSilent(false);
  }
}
