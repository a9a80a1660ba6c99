import type { GapCause } from '../core/gap.ts';
import type { ClockReading, Epoch } from '../core/timeline.ts';
import type { Speaker } from '../core/turn.ts';
import { type Loss, LossLedger } from './loss-ledger.ts';
import { MarkLedger } from './mark-ledger.ts';
import { SessionClock, type SessionPlace } from './session-clock.ts';
import { TrackInput } from './track-input.ts';
import { Track } from './track.ts';

/**
 * How much of a track's past can be read: the pre-roll, the time until a start is confirmed, and a detector that fell
 * behind on a busy machine. 10 s of one track are 1.9 MB.
 */
const RETAIN_MS = 10_000;

export interface CaptureEvents {
  /** The next frames of a track, in session frames; silence where there is a loss. */
  onAudio: (speaker: Speaker, from: number, samples: Float32Array) => void;
  onLoss: (loss: Loss) => void;
  onEpoch: (epochs: readonly Epoch[]) => void;
}

/** Both tracks on one clock: blocks in, continuous audio and losses out. */
export class Capture {
  readonly clock: SessionClock;
  readonly losses = new LossLedger();
  readonly marks = new MarkLedger();
  readonly tracks: Readonly<Record<Speaker, Track>>;
  readonly #inputs: Readonly<Record<Speaker, TrackInput>>;
  readonly #events: CaptureEvents;
  readonly #seams = new Map<Speaker, GapCause | null>();
  #epochs = 0;

  /** `heldMs`: audio that is not written before it is this old must be readable for as much longer. */
  constructor(clockRate: number, events: CaptureEvents, heldMs = 0) {
    this.#events = events;
    this.clock = new SessionClock(clockRate);
    const track = (speaker: Speaker): Track =>
      new Track(this.clock.toFrames(RETAIN_MS + heldMs), {
        onAudio: (from, samples) => events.onAudio(speaker, from, samples),
        onHole: (from, to) => this.#hole(speaker, from, to),
      });
    this.tracks = { user: track('user'), bot: track('bot') };
    this.#inputs = { user: new TrackInput(this.tracks.user), bot: new TrackInput(this.tracks.bot) };
  }

  /** Takes a block; `samples` null is silence. */
  block(speaker: Speaker, reading: ClockReading, samples: Float32Array | null): void {
    const place = this.tick(reading);
    const heard = samples ?? new Float32Array(reading.frames);
    const framesPerSample = this.clock.rate / reading.clockRate;
    this.#inputs[speaker].push(place, this.clock.rate, this.marks.silence(speaker, place.from, heard, framesPerSample));
    this.#seams.delete(speaker);
  }

  /** Time passes on a clock, with nothing to be captured. */
  tick(reading: ClockReading): SessionPlace {
    const place = this.clock.place(reading);
    if (place.gap) this.#lose({ ...place.gap, speaker: undefined });
    if (this.clock.epochs.length !== this.#epochs) {
      this.#epochs = this.clock.epochs.length;
      this.#events.onEpoch(this.clock.epochs);
    }
    return place;
  }

  /**
   * Another source takes over a track. What lies before its first block is a loss by this cause, or, when nothing was
   * there to be captured (`null`), plain silence.
   */
  seam(speaker: Speaker, cause: GapCause | null): void {
    if (this.tracks[speaker].end !== undefined) this.#seams.set(speaker, cause);
  }

  #hole(speaker: Speaker, from: number, to: number): void {
    const cause = this.#seams.get(speaker) ?? (this.#seams.has(speaker) ? null : 'blocks_lost');
    if (cause && !this.losses.covers(speaker, from, to)) this.#lose({ from, to, cause, speaker });
  }

  #lose(loss: Loss): void {
    this.losses.add(loss);
    this.#events.onLoss(loss);
  }
}
