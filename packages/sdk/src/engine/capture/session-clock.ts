import type { GapCause } from '../../core/gap.ts';
import { type ClockReading, type Epoch, Timeline } from '../../core/timeline.ts';

/** Where a block lies, in session frames. */
export interface SessionPlace {
  epoch: Epoch;
  from: number;
  /** Set when the block revealed a break: what lies between is missing on every track. */
  gap?: { from: number; to: number; cause: GapCause };
}

/**
 * The session's timeline counted in frames of one constant rate: that of the context it began with. Everything behind the taps speaks
 * of these, so that a suspended context or one rebuilt at another rate moves nothing.
 */
export class SessionClock {
  readonly #timeline: Timeline;
  /** Session frames per second. */
  readonly rate: number;

  /** `epochs`: those of a session that another engine began. */
  constructor(rate: number, epochs: readonly Epoch[] = []) {
    this.#timeline = new Timeline(epochs);
    this.rate = rate;
  }

  get epochs(): readonly Epoch[] {
    return this.#timeline.epochs;
  }

  place(reading: ClockReading): SessionPlace {
    const { epoch, gap } = this.#timeline.place(reading);
    const from = this.#toFrame(this.#timeline.toSessionMs(epoch, reading.startFrame));
    if (!gap) return { epoch, from };
    return { epoch, from, gap: { from: this.#toFrame(gap.startMs), to: from, cause: gap.cause } };
  }

  /** The session frame of a frame of a capture clock that has already been placed. */
  fromCapture(clockId: number, frame: number): number {
    return this.#toFrame(this.#timeline.toSessionMs(this.#timeline.epochAt(clockId, frame), frame));
  }

  /** Session milliseconds of a session frame. */
  toMs(frame: number): number {
    return (frame / this.rate) * 1000;
  }

  /** Session frames of a length of time. */
  toFrames(milliseconds: number): number {
    return Math.round((milliseconds / 1000) * this.rate);
  }

  /** The place of a session frame on the capture clock. */
  toCapture(frame: number): { epoch: Epoch; frame: number } {
    const ms = this.toMs(frame);
    const startMs = (epoch: Epoch): number => this.#timeline.toSessionMs(epoch, epoch.startFrame);
    // Half a frame of tolerance: the conversion between two rates rounds.
    const found = this.epochs.findLast((epoch) => startMs(epoch) <= ms + 500 / this.rate);
    const epoch = found ?? this.epochs[0];
    if (!epoch) throw new RangeError('the clock has not started');
    return { epoch, frame: Math.round((ms / 1000) * epoch.clockRate) - epoch.sessionFrameOffset };
  }

  /** The same by the epoch's number; of a session that heard nothing yet, the first frame of the first. */
  toPlace(frame: number): { epoch: number; frame: number } {
    if (this.epochs.length === 0) return { epoch: 0, frame: 0 };
    const place = this.toCapture(frame);
    return { epoch: place.epoch.epoch, frame: place.frame };
  }

  /** The session frame at a wall time of the running epoch, milliseconds since 1970; it may lie ahead of all audio. */
  fromWallMs(wallMs: number): number {
    const epoch = this.#timeline.current;
    if (!epoch) return 0;
    const { frame, wallMs: anchorMs } = epoch.wallAnchor;
    return this.fromCapture(epoch.clockId, Math.round(frame + ((wallMs - anchorMs) / 1000) * epoch.clockRate));
  }

  /** Wall time of a session frame, milliseconds since 1970; of a session that heard nothing yet, now. */
  toWallMs(frame: number): number {
    if (this.epochs.length === 0) return Date.now();
    const place = this.toCapture(frame);
    return this.#timeline.toWallMs(place.epoch, place.frame);
  }

  #toFrame(sessionMs: number): number {
    return Math.round((sessionMs / 1000) * this.rate);
  }
}
