import type { Speaker } from 'turntape';
import { TurnPlayer } from '../turn-player.ts';
import { openContext } from './open-context.ts';
import { PeakBook } from './peak-book.ts';
import { Playback } from './playback.ts';
import type { LaneSound } from './player-lanes.ts';
import { ReviewLoader } from './review-loader.ts';
import { type ReviewPart, type ReviewSession, type ReviewTurn, neighbour } from './review-session.ts';
import { ReviewError, type ReviewSource, SealedAudio } from './review-source.ts';
import { ReviewFiles } from './review-files.ts';

/** What went wrong. `fatal`: there is nothing to show instead. */
export interface ReviewFailure {
  readonly thrown: unknown;
  readonly fatal: boolean;
}

/** What the controller needs of its house. */
export interface ReviewPorts {
  /** Something that is drawn has changed. */
  changed(): void;
  /** The place, or whether it plays, changed otherwise than by time passing. */
  moved(): void;
  /** An outline is known: the timeline is to be painted again. */
  repaint(): void;
  /** A session is there. `same`: the one that was here before, read again. */
  loaded(session: ReviewSession | undefined, same: boolean): void;
  failed(thrown: unknown): void;
}

/** One session under review: where it is read from, what plays of it, what of it is not there. It draws nothing. */
export class ReviewController {
  readonly #ports: ReviewPorts;
  readonly peaks: PeakBook;
  readonly playback: Playback;
  readonly #loader: ReviewLoader;
  readonly #tails: TurnPlayer;
  #failure: ReviewFailure | undefined;
  #gone: ReadonlySet<string> = new Set();
  #alone: string | undefined;
  /** Hands them to the browser's downloads. */
  readonly files: ReviewFiles;
  #sounds: Readonly<Record<Speaker, LaneSound>> = {
    user: { volume: 1, muted: false },
    bot: { volume: 1, muted: false },
  };

  constructor(ports: ReviewPorts) {
    this.#ports = ports;
    this.#loader = new ReviewLoader({
      changed: (same) => this.#opened(same),
      failed: (thrown) => this.fail(thrown, this.phase === 'failed'),
      missing: () => new ReviewError('not_found', 'there is no such session'),
    });
    this.files = new ReviewFiles({
      source: () => this.#source(),
      changed: () => ports.changed(),
      gone: (part) => this.#lose(part),
    });
    this.peaks = new PeakBook({ changed: () => ports.repaint(), gone: (part) => this.#lose(part) });
    this.playback = new Playback({
      open: openContext,
      read: (part, signal) => this.#source().audio(part, { signal }),
      failed: (part, thrown) => (thrown === undefined ? this.#lose(part) : this.fail(thrown, false)),
      changed: () => this.#moved(),
    });
    this.#tails = new TurnPlayer({
      readAudio: (segmentId) => this.#readTail(segmentId),
      changed: () => ports.changed(),
      failed: (failure) => (failure.reason === 'unplayable' ? this.fail(failure.cause, false) : undefined),
    });
  }

  get phase(): ReviewLoader['phase'] {
    return this.#loader.phase;
  }

  get session(): ReviewSession | undefined {
    return this.#loader.session;
  }

  get source(): ReviewSource | undefined {
    return this.#loader.source;
  }

  get failure(): ReviewFailure | undefined {
    return this.#failure;
  }

  /** Segments whose file is not there any more. */
  get gone(): ReadonlySet<string> {
    return this.#gone;
  }

  /** The turn that is played alone, and the one whose unheard rest is. */
  get alone(): string | undefined {
    return this.#alone;
  }

  get unheard(): string | undefined {
    return this.#tails.playing?.turnId;
  }

  get sounds(): Readonly<Record<Speaker, LaneSound>> {
    return this.#sounds;
  }

  get silent(): ReadonlySet<Speaker> {
    return new Set((['user', 'bot'] as const).filter((speaker) => this.#sounds[speaker].muted));
  }

  open(find: (() => Promise<ReviewSource>) | undefined): Promise<void> {
    this.#failure = undefined;
    return this.#loader.open(find);
  }

  reload(): Promise<void> {
    return this.#loader.reload();
  }

  async play(): Promise<void> {
    if (!this.session) return;
    this.#tails.stop();
    await this.playback.play();
  }

  /** One turn alone, then it stops. Of one that is played alone: it stops. */
  async playAlone(turn: ReviewTurn): Promise<void> {
    const again = this.#alone === turn.turnId;
    this.playback.pause();
    if (again) return;
    this.#tails.stop();
    const playing = this.playback.playAlone(turn.speaker, turn.parts[0]?.startMs ?? turn.startMs, turn.endMs);
    this.#alone = turn.turnId;
    this.#ports.changed();
    await playing;
  }

  /** What nobody heard of a turn: it has no place on the timeline, so the playhead stays. Pressed again: it stops. */
  async playUnheard(turn: ReviewTurn): Promise<void> {
    this.playback.pause();
    const files = turn.tails.filter(({ audio }) => audio === 'file').map(({ segmentId }) => segmentId);
    await this.#tails.toggle(turn.turnId, files);
  }

  /** The turn before or after the playhead, now the place. */
  step(step: -1 | 1): ReviewTurn | undefined {
    const turn = neighbour(this.session?.turns ?? [], this.playback.positionMs, step);
    if (turn) this.playback.seek(turn.startMs);
    return turn;
  }

  setSound(speaker: Speaker, sound: LaneSound): void {
    this.#sounds = { ...this.#sounds, [speaker]: sound };
    this.playback.setVolume(speaker, sound.muted ? 0 : sound.volume);
    this.#ports.changed();
  }

  fail(thrown: unknown, fatal: boolean): void {
    this.#failure = { thrown, fatal };
    this.#ports.failed(thrown);
    this.#ports.changed();
  }

  /** Takes the failure away. */
  dismiss(): void {
    this.#failure = undefined;
    this.#ports.changed();
  }

  /** Reads again what could not be read: the session, or the files. */
  retry(): Promise<void> {
    const { fatal } = this.#failure ?? {};
    this.dismiss();
    if (fatal) return this.reload();
    this.playback.retry();
    return Promise.resolve();
  }

  async dispose(): Promise<void> {
    this.#loader.close();
    this.peaks.open(undefined);
    await Promise.all([this.playback.dispose(), this.#tails.dispose()]);
  }

  #opened(same: boolean): void {
    const { session, source, phase } = this.#loader;
    if (!same) {
      this.#gone = new Set();
      this.#failure = undefined;
      this.peaks.open(phase === 'ready' ? source : undefined);
      if (phase === 'ready') this.playback.seek(0);
    }
    this.playback.load(session, same);
    const sealed = session?.turns.some(({ parts }) => parts.some(({ audio }) => audio === 'sealed'));
    if (sealed && !same) this.#failure = { thrown: new SealedAudio(), fatal: false };
    this.#ports.loaded(session, same);
    this.#ports.changed();
  }

  #moved(): void {
    if (!this.playback.alone) this.#alone = undefined;
    this.#ports.moved();
  }

  #lose({ segmentId }: ReviewPart): void {
    if (this.#gone.has(segmentId)) return;
    this.#gone = new Set([...this.#gone, segmentId]);
    this.#ports.changed();
  }

  #source(): ReviewSource {
    const { source } = this;
    if (!source) throw new ReviewError('not_found', 'there is no session');
    return source;
  }

  async #readTail(segmentId: string): Promise<ArrayBuffer | undefined> {
    const tails = this.session?.turns.flatMap((turn) => turn.tails) ?? [];
    const part = tails.find((each) => each.segmentId === segmentId);
    const audio = part && (await this.#source().audio(part, { signal: new AbortController().signal }));
    if (part && !audio) this.#lose(part);
    return audio;
  }
}
