import type { GapCause } from './gap.ts';

/**
 * A run of the capture clock without a break. A frame of the clock is a place on the session's timeline by
 * `(frame + sessionFrameOffset) / clockRate`, and a wall time by the anchor. Both are derived from frames alone: when a
 * message arrived never moves anything.
 */
export interface Epoch {
  /** 0, 1, 2 … in the order of the timeline. */
  epoch: number;
  /** Which AudioContext: a rebuilt one counts its frames from zero again. */
  clockId: number;
  /** Frames per second of the capture clock. */
  clockRate: number;
  /** First frame of the epoch on the capture clock. */
  startFrame: number;
  /** Added to a capture frame it gives the session frame, counted at this epoch's `clockRate`. */
  sessionFrameOffset: number;
  /** One frame whose wall time is known, in milliseconds since 1970. */
  wallAnchor: { frame: number; wallMs: number };
}

/** What the timeline looks at in a block of audio. */
export interface ClockReading {
  clockId: number;
  clockRate: number;
  startFrame: number;
  frames: number;
  /** Wall time when the audio thread began the block, milliseconds since 1970. */
  wallMs: number;
}

/** Where a block lies, and the break that it revealed, if any. */
export interface Placement {
  epoch: Epoch;
  /** Set on the first block after a break: what lies between is silence plus this gap, in session milliseconds. */
  gap?: { startMs: number; endMs: number; cause: GapCause };
}

/**
 * A wall clock this far ahead of the frame counter means that the context stood still. A render burst is 10 ms on every
 * desktop measured and a busy audio thread catches up within 100; 200 leaves room for both.
 */
export const EPOCH_BREAK_MS = 200;

/** How far an audio clock and the wall clock part at most, as a part of the time that passed. */
const CLOCK_DRIFT = 0.001;

/** Blocks for which the wall anchor may still be lowered: a stamp can be late, never early (about 0.7 s of blocks). */
const ANCHOR_SETTLES_AFTER = 64;

/** The session's time: ordered epochs, opened as blocks of any track reveal them. */
export class Timeline {
  readonly #epochs: Epoch[];
  /** The newest reading on the clock, over all tracks. */
  #newest: ClockReading | undefined;
  #readings = 0;

  /** `epochs`: those of a session that goes on. */
  constructor(epochs: readonly Epoch[] = []) {
    this.#epochs = epochs.map((epoch) => ({ ...epoch }));
  }

  get epochs(): readonly Epoch[] {
    return this.#epochs;
  }

  /** The epoch that is running now. */
  get current(): Epoch | undefined {
    return this.#epochs.at(-1);
  }

  /** The session's length so far, in milliseconds. */
  get lengthMs(): number {
    const epoch = this.current;
    return epoch && this.#newest ? this.toSessionMs(epoch, this.#newest.startFrame + this.#newest.frames) : 0;
  }

  /** Places a block of one track and opens a new epoch when its clock did not run through. */
  place(reading: ClockReading): Placement {
    const current = this.current;
    const newest = this.#newest;
    if (!current) return { epoch: this.#open(reading, -reading.startFrame) };
    if (!newest) return this.#goOn(reading, current);
    if (reading.clockId !== current.clockId) return this.#break(reading, current, newest, 'context_rebuilt');
    // A slower track may still deliver what lies before the break.
    if (reading.startFrame < current.startFrame) return { epoch: this.epochAt(reading.clockId, reading.startFrame) };
    const lateMs =
      reading.wallMs - newest.wallMs - ((reading.startFrame - newest.startFrame) / reading.clockRate) * 1000;
    if (reading.startFrame > newest.startFrame && lateMs > EPOCH_BREAK_MS)
      return this.#break(reading, current, newest, 'context_suspended');
    if (reading.startFrame > newest.startFrame && lateMs < -EPOCH_BREAK_MS) return this.#setBack(reading, current);
    this.#settleAnchor(current, reading);
    if (reading.startFrame >= newest.startFrame) this.#newest = reading;
    return { epoch: current };
  }

  /** The epoch that a frame of a clock lies in. */
  epochAt(clockId: number, frame: number): Epoch {
    const found = this.#epochs.findLast((epoch) => epoch.clockId === clockId && epoch.startFrame <= frame);
    const epoch = found ?? this.#epochs.find((each) => each.clockId === clockId);
    if (!epoch) throw new RangeError(`clock ${clockId} has no epoch`);
    return epoch;
  }

  /** Session milliseconds of a frame. */
  toSessionMs(epoch: Epoch, frame: number): number {
    return ((frame + epoch.sessionFrameOffset) / epoch.clockRate) * 1000;
  }

  /** Wall time of a frame, milliseconds since 1970. */
  toWallMs(epoch: Epoch, frame: number): number {
    return epoch.wallAnchor.wallMs + ((frame - epoch.wallAnchor.frame) / epoch.clockRate) * 1000;
  }

  /** The first reading of a session that goes on: nobody knows the one before it. */
  #goOn(reading: ClockReading, current: Epoch): Placement {
    const { clockId, startFrame, wallMs } = reading;
    if (clockId === current.clockId && startFrame < current.startFrame)
      return { epoch: this.epochAt(clockId, startFrame) };
    const sinceMs = wallMs - current.wallAnchor.wallMs;
    const here = current.wallAnchor.frame + Math.round((sinceMs / 1000) * current.clockRate);
    // The clock was replaced meanwhile: what is missing for it, each track knows.
    if (clockId !== current.clockId)
      return this.#break(reading, current, { ...reading, startFrame: here, frames: 0 }, 'context_rebuilt');
    const lateMs = wallMs - this.toWallMs(current, startFrame);
    if (lateMs > EPOCH_BREAK_MS + sinceMs * CLOCK_DRIFT)
      return this.#break(reading, current, { ...reading, frames: 0 }, 'context_suspended');
    if (lateMs < -EPOCH_BREAK_MS - sinceMs * CLOCK_DRIFT) return this.#setBack(reading, current);
    this.#newest = reading;
    this.#readings = 1;
    return { epoch: current };
  }

  /** The wall clock leapt back: nothing is missing, and the wall times of what follows are by the clock as it is now. */
  #setBack(reading: ClockReading, current: Epoch): Placement {
    const epoch = this.#open(reading, current.sessionFrameOffset);
    const atMs = this.toSessionMs(epoch, reading.startFrame);
    return { epoch, gap: { startMs: atMs, endMs: atMs, cause: 'clock_jump' } };
  }

  #break(reading: ClockReading, current: Epoch, newest: ClockReading, cause: GapCause): Placement {
    const endFrame = Math.min(
      newest.startFrame + newest.frames,
      reading.clockId === current.clockId ? reading.startFrame : Infinity,
    );
    const startMs = this.toSessionMs(current, endFrame);
    // The audio clock stood still: only the wall clock knows for how long.
    const missingMs = Math.max(0, reading.wallMs - this.toWallMs(current, endFrame));
    const offset = Math.round(((startMs + missingMs) / 1000) * reading.clockRate) - reading.startFrame;
    const epoch = this.#open(reading, offset);
    return { epoch, gap: { startMs, endMs: this.toSessionMs(epoch, reading.startFrame), cause } };
  }

  #open(reading: ClockReading, sessionFrameOffset: number): Epoch {
    const { clockId, clockRate, startFrame, wallMs } = reading;
    const wallAnchor = { frame: startFrame, wallMs };
    const epoch = { epoch: this.#epochs.length, clockId, clockRate, startFrame, sessionFrameOffset, wallAnchor };
    this.#epochs.push(epoch);
    this.#newest = reading;
    this.#readings = 1;
    return epoch;
  }

  #settleAnchor(epoch: Epoch, reading: ClockReading): void {
    if (this.#readings >= ANCHOR_SETTLES_AFTER) return;
    this.#readings += 1;
    const earlierMs = this.toWallMs(epoch, reading.startFrame) - reading.wallMs;
    if (earlierMs > 0) epoch.wallAnchor = { ...epoch.wallAnchor, wallMs: epoch.wallAnchor.wallMs - earlierMs };
  }
}
