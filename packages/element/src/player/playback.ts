import type { Speaker } from 'turntape';
import { PLAY_RATE, frameOf } from './lane-audio.ts';
import { PlaybackRun } from './playback-run.ts';
import type { ReviewPart, ReviewSession } from './review-session.ts';
import { SessionParts } from './session-parts.ts';

/** `waiting`: it shall play, and the audio of this place is not decoded yet. */
export type PlaybackState = 'paused' | 'playing' | 'waiting';

/** What playback needs of its house. */
export interface PlaybackPorts {
  /** A running context at {@link PLAY_RATE}, opened by the click that asked for it: browsers refuse sound before a gesture. */
  open(): Promise<BaseAudioContext>;
  read(part: ReviewPart, signal: AbortSignal): Promise<ArrayBuffer | undefined>;
  /** State or position changed otherwise than by time passing. */
  changed(): void;
  failed(part: ReviewPart, thrown: unknown): void;
}

/** Sound handed to the context ahead of time: a timer of a hidden page may come once in a second. */
const AHEAD_SECONDS = 1.6;
/** How often that is looked after. */
const PUMP_MS = 60;
/** From an order to its sound: three quanta, and the way to the audio thread. */
const LEAD_SECONDS = 0.03;

/** The slowest and the fastest that is still speech. */
const SPEEDS = { least: 0.5, most: 2 } as const;

/** Plays a session: both tracks on one clock, from any place, at any speed. */
export class Playback {
  readonly #ports: PlaybackPorts;
  readonly #parts: SessionParts;
  readonly #volumes: Record<Speaker, number> = { user: 1, bot: 1 };
  /** Where it stands while nothing runs. */
  #position = 0;
  #speed = 1;
  #shallPlay = false;
  /** A turn that is played alone. */
  #alone: { speaker: Speaker; to: number } | undefined;
  #context: BaseAudioContext | undefined;
  #lanes: Record<Speaker, GainNode> | undefined;
  #run: PlaybackRun | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(ports: PlaybackPorts) {
    this.#ports = ports;
    this.#parts = new SessionParts({
      read: (part, signal) => ports.read(part, signal),
      failed: (part, thrown) => ports.failed(part, thrown),
      changed: () => this.pump(),
    });
  }

  get state(): PlaybackState {
    if (!this.#shallPlay) return 'paused';
    return this.#run ? 'playing' : 'waiting';
  }

  /** Session milliseconds, by the context's clock while it plays. */
  get positionMs(): number {
    return ((this.#run?.position ?? this.#position) / PLAY_RATE) * 1000;
  }

  get speed(): number {
    return this.#speed;
  }

  /** Seconds of decoded audio in memory. */
  get heldSeconds(): number {
    return this.#parts.heldSeconds;
  }

  /** True while only one turn is played. */
  get alone(): boolean {
    return this.#alone !== undefined;
  }

  /** Takes another session; `same`: the one that is here, grown, which plays on. The place stays where there is one. */
  load(session: ReviewSession | undefined, same = false): void {
    if (!same) this.pause();
    this.#parts.load(session, same);
    this.#position = Math.min(this.#position, this.#parts.length);
  }

  /** Plays on; from the beginning when it stands at the end. Rejects when the browser gives no sound. */
  async play(): Promise<void> {
    if (this.#shallPlay) return;
    if (this.#position >= this.#parts.length) this.#position = 0;
    this.#shallPlay = true;
    this.#ports.changed();
    try {
      this.#context ??= await this.#ports.open();
    } catch (thrown) {
      this.pause();
      throw thrown;
    }
    if (!this.#shallPlay) return;
    this.#timer ??= setInterval(() => this.pump(), PUMP_MS);
    this.pump();
  }

  pause(): void {
    this.#halt();
    this.#shallPlay = false;
    this.#alone = undefined;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#ports.changed();
  }

  /** Goes to a place; what plays, plays on from there. */
  seek(ms: number): void {
    this.#halt();
    this.#alone = undefined;
    this.#position = Math.min(this.#parts.length, Math.max(0, frameOf(ms)));
    this.pump();
    this.#ports.changed();
  }

  /** From this sample on; pitch stays. */
  setSpeed(speed: number): void {
    this.#halt();
    this.#speed = Math.min(SPEEDS.most, Math.max(SPEEDS.least, speed));
    this.pump();
    this.#ports.changed();
  }

  /** One speaker's stretch alone, then stops. */
  playAlone(speaker: Speaker, fromMs: number, toMs: number): Promise<void> {
    this.seek(fromMs);
    this.#alone = { speaker, to: Math.min(this.#parts.length, frameOf(toMs)) };
    if (!this.#shallPlay) return this.play();
    return Promise.resolve();
  }

  /** 0 to 1, of one speaker. */
  setVolume(speaker: Speaker, volume: number): void {
    this.#volumes[speaker] = volume;
    const lane = this.#lanes?.[speaker];
    if (lane && this.#context) lane.gain.setTargetAtTime(volume, this.#context.currentTime, 0.01);
  }

  /** Reads again what could not be read. */
  retry(): void {
    this.#parts.retry();
    this.pump();
  }

  /** Looks after what comes: decodes, begins, hands over, ends. Called by a timer, and whenever something has changed. */
  pump(): void {
    this.#want();
    if (!this.#shallPlay || !this.#context) return;
    if (!this.#run) this.#begin();
    const run = this.#run;
    if (!run) return;
    while (run.aheadSeconds < AHEAD_SECONDS) {
      const { from, to } = run.next;
      if (from >= to || !this.#parts.isReady(from, to)) break;
      run.schedule();
    }
    if (run.over) this.#end();
    else if (run.aheadSeconds <= 0 && run.next.from < run.next.to) {
      // What comes is not decoded yet: the clock of the session waits for it.
      this.#halt();
      this.#ports.changed();
    }
  }

  /** Falls silent and gives the sound device back. */
  async dispose(): Promise<void> {
    this.pause();
    this.#parts.dispose();
    const context = this.#context;
    this.#context = undefined;
    this.#lanes = undefined;
    if (context instanceof AudioContext && context.state !== 'closed') await context.close();
  }

  #begin(): void {
    const context = this.#context;
    const to = this.#alone?.to ?? this.#parts.length;
    if (!context) return;
    if (this.#position >= to) return this.#end();
    if (!this.#parts.isReady(this.#position, this.#position + 1)) return;
    this.#run = new PlaybackRun({
      context,
      lanes: (this.#lanes ??= this.#openLanes(context)),
      startFrame: Math.ceil((context.currentTime + LEAD_SECONDS) * PLAY_RATE),
      from: this.#position,
      to,
      speed: this.#speed,
      solo: this.#alone?.speaker,
      audio: () => this.#parts.decoded,
    });
    this.#ports.changed();
  }

  #end(): void {
    const to = this.#alone?.to ?? this.#parts.length;
    this.pause();
    this.#position = to;
    this.#ports.changed();
  }

  /** Ends the run and keeps its place. */
  #halt(): void {
    if (!this.#run) return;
    this.#position = Math.round(this.#run.position);
    this.#run.stop();
    this.#run = undefined;
  }

  #want(): void {
    const at = this.#run?.position ?? this.#position;
    // A person who only looks has nothing decoded: not before the first sound is asked for.
    if (!this.#shallPlay && this.#context === undefined) this.#parts.letGo();
    else this.#parts.wantAround(at, this.#speed);
  }

  #openLanes(context: BaseAudioContext): Record<Speaker, GainNode> {
    const lane = (speaker: Speaker): GainNode => {
      const node = new GainNode(context, { gain: this.#volumes[speaker] });
      node.connect(context.destination);
      return node;
    };
    return { user: lane('user'), bot: lane('bot') };
  }
}
