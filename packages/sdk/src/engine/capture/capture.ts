import type { GapCause } from '../../core/gap.ts';
import { STALL_MS } from '../../core/messages/credits.ts';
import type { CaptureNote } from '../../core/messages/capture-note.ts';
import type { ClockReading, Epoch } from '../../core/timeline.ts';
import type { Speaker } from '../../core/turn.ts';
import { BreakCauses, type EngineClocks } from './break-causes.ts';
import type { FrameRange } from './frame-range.ts';
import { InputWatch } from './input-watch.ts';
import { type Loss, LossLedger } from './loss-ledger.ts';
import { MarkLedger } from '../turns/mark-ledger.ts';
import type { TrackPast } from '../keeping/session-past.ts';
import { ReportedLosses } from './reported-losses.ts';
import { SessionClock, type SessionPlace } from './session-clock.ts';
import { TrackInput } from './track-input.ts';
import { Track } from './track.ts';

/**
 * How much of a track's past can be read: the pre-roll, the time until a start is confirmed, and a detector that fell
 * behind on a busy machine or after a stall. 15 s of one track are 2.9 MB.
 */
const RETAIN_MS = STALL_MS + 5000;

/** Two blocks: so far apart may the tracks of one context stop, and start. */
const EDGE_MS = 25;

export interface CaptureEvents {
  /** The next frames of a track, in session frames; silence where there is a loss. */
  onAudio: (speaker: Speaker, from: number, samples: Float32Array) => void;
  onLoss: (loss: Loss) => void;
  onEpoch: (epochs: readonly Epoch[]) => void;
  /** The microphone gives digital silence for no known reason, or does so no more. */
  onSilent?: (silent: boolean) => void;
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
  readonly #breaks: BreakCauses;
  readonly #input: InputWatch;
  readonly #reported: ReportedLosses;
  #epochs = 0;
  #goesOn = false;

  /**
   * `heldMs`: audio that is not written before it is this old must be readable for as much longer. `epochs`: those of a session that another engine began.
   */
  constructor(
    clockRate: number,
    events: CaptureEvents,
    heldMs = 0,
    epochs: readonly Epoch[] = [],
    clocks: EngineClocks = { monotonicMs: () => performance.now(), wallMs: () => Date.now() },
  ) {
    this.#breaks = new BreakCauses(clocks);
    this.#events = events;
    this.clock = new SessionClock(epochs[0]?.clockRate ?? clockRate, epochs);
    this.#epochs = epochs.length;
    const track = (speaker: Speaker): Track =>
      new Track(this.clock.toFrames(RETAIN_MS + heldMs), {
        onAudio: (from, samples) => events.onAudio(speaker, from, samples),
        onHole: (from, to) => this.#hole(speaker, from, to),
      });
    this.tracks = { user: track('user'), bot: track('bot') };
    this.#inputs = { user: new TrackInput(this.tracks.user), bot: new TrackInput(this.tracks.bot) };
    this.#input = new InputWatch(clockRate, {
      onLoss: (loss) => this.#lose({ ...loss, speaker: 'user' }),
      onSilent: (silent) => events.onSilent?.(silent),
    });
    this.#reported = new ReportedLosses(this.clock.rate);
    this.losses.include(() => this.#input.open().map((loss) => ({ ...loss, speaker: 'user' })));
  }

  /** Frame after the last one of a track; 0 before its first. */
  endOf(speaker: Speaker): number {
    return this.tracks[speaker].end ?? 0;
  }

  /** Another engine captured up to here, and crashed. */
  goOn(tracks: Readonly<Record<Speaker, TrackPast | undefined>>): void {
    this.#goesOn = true;
    for (const speaker of ['user', 'bot'] as const) {
      const past = tracks[speaker];
      if (past) this.tracks[speaker].goOn(past.end, past.open);
    }
  }

  /** Takes a block; `samples` null is silence. */
  block(speaker: Speaker, reading: ClockReading, samples: Float32Array | null): void {
    const place = this.tick(reading);
    const heard = samples ?? new Float32Array(reading.frames);
    const framesPerSample = this.clock.rate / reading.clockRate;
    const end = this.endOf(speaker);
    if (speaker === 'user')
      this.#input.heard(place.from, Math.round((reading.frames * this.clock.rate) / reading.clockRate), samples);
    this.#inputs[speaker].push(place, this.clock.rate, this.marks.silence(speaker, place.from, heard, framesPerSample));
    this.#seams.delete(speaker);
    this.#compare(this.endOf(speaker));
    if (this.#goesOn && speaker === 'user') this.#wentOn(Math.max(end, place.from));
  }

  /** The next audio of a user who is written by the app, in session frames. */
  written(from: number, samples: Float32Array): void {
    if (this.#goesOn) this.seam('user', 'engine_crash');
    const end = this.endOf('user');
    this.tracks.user.push(from, this.marks.silence('user', from, samples, 1));
    this.#seams.delete('user');
    if (this.#goesOn) this.#wentOn(Math.max(end, from));
  }

  /** The app's stream stood still: what no other loss explains is one of its own. */
  stalled({ from, to }: { from: number; to: number }): void {
    for (const rest of this.losses.uncovered('user', from, to))
      this.#lose({ from: rest.from, to: rest.to, cause: 'stream_stalled', speaker: 'user' });
  }

  /** What was captured of a track and is not kept, since there was no room; told when it is over. */
  notKept(speaker: Speaker, range: { from: number; to: number }, isOver: boolean): void {
    const loss: Loss = { ...range, cause: 'storage_full', speaker };
    this.losses.grow(loss);
    if (isOver) this.#events.onLoss(loss);
  }

  /** Time passes on a clock, with nothing to be captured. */
  tick(reading: ClockReading): SessionPlace {
    const place = this.clock.place(reading);
    const { gap } = place;
    const cause = this.#breaks.arrived(gap && { lengthMs: this.clock.toMs(gap.to - gap.from), cause: gap.cause });
    if (gap) this.#lose({ ...gap, cause: cause ?? gap.cause, speaker: undefined });
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

  /** What the page knows of the context and the microphone. */
  note(note: Exclude<CaptureNote, { type: 'closed' }>): void {
    if (note.type === 'context') this.#breaks.contextSaid(note.state);
    else if (note.type === 'input') this.#input.note(note.state, this.#placed(note.clockId, note.frame));
    else this.#reported.add(this.#counted(note));
  }

  /** What of a track is silent on purpose, or known to be missing. */
  explained(speaker: Speaker): FrameRange[] {
    const isOf = (each: { speaker: Speaker | undefined }): boolean => (each.speaker ?? speaker) === speaker;
    return [...this.marks.all.filter(isOf), ...this.losses.all.filter(isOf)];
  }

  /** Was the microphone lost before this frame, and is it not back? */
  lostBefore(at: number): boolean {
    return (this.#input.lostFrom ?? Infinity) < at;
  }

  /** The app silenced the microphone on purpose, or hears it again: silence is no loss meanwhile. */
  silenced(silenced: boolean): void {
    this.#input.note(silenced ? 'off' : 'live', this.endOf('user'));
  }

  /** Nothing more will come: what still goes on ends here. */
  finish(): void {
    this.#input.finish();
    this.#compare(Infinity);
  }

  /** What the browser counted ends at the latest where the page looked. */
  #counted({ type, ms, clockId, frame }: Extract<CaptureNote, { ms: number }>): Loss {
    const to = this.#placed(clockId, frame);
    const from = Math.max(0, to - this.clock.toFrames(ms));
    if (type === 'dropped') return { from, to, cause: 'microphone_dropped', speaker: 'user' };
    return { from, to, cause: 'playback_underrun', speaker: 'bot' };
  }

  /** Of what the browser counted, that which nothing else explains; of the loudspeaker, that which would have sounded. */
  #compare(end: number): void {
    for (const loss of this.#reported.due(end)) {
      const { speaker = 'user', cause } = loss;
      if (cause === 'playback_underrun' && !this.tracks.bot.read(loss.from, loss.to).some((sample) => sample !== 0))
        continue;
      for (const { from, to } of this.losses.uncovered(speaker, loss.from, loss.to)) this.#lose({ ...loss, from, to });
    }
  }

  /** A frame that the page read may be of a clock that has not been heard yet. */
  #placed(clockId: number, frame: number): number {
    const known = this.clock.epochs.some((epoch) => epoch.clockId === clockId);
    return known ? this.clock.fromCapture(clockId, frame) : this.endOf('user');
  }

  #hole(speaker: Speaker, from: number, to: number): void {
    const cause = this.#seams.get(speaker) ?? (this.#seams.has(speaker) ? null : 'blocks_lost');
    if (!cause) return;
    for (const rest of this.losses.uncovered(speaker, from, to)) {
      // At the edge of a break the tracks stop and start some quanta apart: that is the break's, and no loss of its own.
      const edge = rest.to - rest.from <= this.clock.toFrames(EDGE_MS) ? rest.beside : undefined;
      this.#lose({ from: rest.from, to: rest.to, cause: edge ?? cause, speaker });
    }
  }

  /** The first frame after a crash: it is written down, also when nothing was lost by it and blocks from before it came again. */
  #wentOn(at: number): void {
    this.#goesOn = false;
    const known = this.losses.all.some((loss) => loss.cause === 'engine_crash' && loss.to === at);
    if (!known) this.#lose({ from: at, to: at, cause: 'engine_crash', speaker: undefined });
  }

  #lose(loss: Loss): void {
    this.losses.add(loss);
    this.#events.onLoss(loss);
  }
}
