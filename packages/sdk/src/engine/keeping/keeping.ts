import { type ErrorFacts, isTurntapeError, toErrorFacts } from '../../core/errors.ts';
import type { CaptureSetup, EngineFact } from '../../core/messages/page-engine.ts';
import type { RedactionRange } from '../../core/redaction.ts';
import type { SessionSettings } from '../../core/settings.ts';
import type { EngineStats } from '../../core/stats.ts';
import type { Epoch } from '../../core/timeline.ts';
import type { TrackerNews } from '../../core/turn-tracker.ts';
import type { Speaker } from '../../core/turn.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import type { Integrity } from '../integrity/integrity.ts';
import type { Capture } from '../capture/capture.ts';
import { LookBack } from '../capture/look-back.ts';
import type { PassThrough } from '../bot/pass-through.ts';
import { redactLive } from '../redaction/redaction.ts';
import type { SegmentSeals } from './segment-seal.ts';
import { Segmenter } from './segmenter.ts';
import { type SessionFile, sessionFile } from '../session-file/session-file.ts';
import type { SessionPast } from './session-past.ts';
import { SessionRow } from './session-row.ts';
import type { TurnNotes } from '../turns/turn-notes.ts';
import { UnheardTails, type UnheardTailsOptions } from '../bot/unheard-tails.ts';
import { UnheardTurns, type UnheardTurnsOptions } from './unheard-turns.ts';
import type { Loudspeaker } from '../bot/loudspeaker.ts';
import type { UtteranceLedger } from '../bot/utterance-ledger.ts';

export interface KeepingOptions {
  db: TurntapeDatabase;
  settings: SessionSettings;
  capture: Capture;
  /** Of the context and the microphone, as they are now. */
  setup: () => CaptureSetup;
  /** The detector in charge, by name; null without one. */
  vadModel: () => string | null;
  newId: () => string;
  notes: TurnNotes;
  utterances: UtteranceLedger;
  loudspeaker: Loudspeaker;
  passThrough: PassThrough;
  integrity: Pick<Integrity, 'soundingMs'>;
  /** Seals the files, when the session is sealed. */
  seals?: SegmentSeals | undefined;
  /** What an engine that crashed has left of this session. */
  past?: SessionPast | undefined;
  report: (fact: EngineFact) => void;
  onError: (error: ErrorFacts) => void;
}

/** Everything of a session that reaches this device's database: its row, its turns' files, what nobody heard, its own file. */
export class Keeping {
  /** What was given to the bot and never heard; undefined: it is not kept. */
  readonly tails: UnheardTails | undefined;
  readonly #options: KeepingOptions;
  readonly #row: SessionRow;
  readonly #lookBack: LookBack;
  readonly #segmenter: Segmenter;
  readonly #unheard: UnheardTurns;
  readonly #sessionFile: SessionFile | undefined;

  constructor(options: KeepingOptions) {
    this.#options = options;
    const { db, settings, capture, past, report, newId, notes, utterances, onError } = options;
    const { sessionId, record } = settings;
    const { clock, losses, marks, tracks } = capture;
    this.#row = new SessionRow(db, settings, past?.startedAt ?? Date.now(), past?.epochs);
    this.#lookBack = new LookBack(clock.toFrames(settings.redactLookbackMs), tracks);
    const views = { user: this.#lookBack.view('user'), bot: this.#lookBack.view('bot') };
    const shared: UnheardTurnsOptions & UnheardTailsOptions = {
      db,
      newId,
      seals: options.seals,
      record,
      sources: {
        settings,
        clock,
        losses,
        marks,
        utterances,
        loudspeaker: options.loudspeaker,
        notes,
        capture: options.setup,
        vadModel: options.vadModel,
        soundingMs: (range) => options.integrity.soundingMs(range),
      },
      onKept: (segment) => report({ type: 'segment-kept', sessionId, segment }),
      onDiscarded: (turnId, speaker, reason) =>
        report({ type: 'segment-discarded', sessionId, event: { turnId, speaker, reason } }),
      onError,
    };
    this.tails = record.bot && record.unheardTail ? new UnheardTails(shared) : undefined;
    this.#unheard = new UnheardTurns(shared);
    this.#segmenter = new Segmenter({
      ...shared,
      passThrough: options.passThrough,
      tracks: views,
      onNotKept: (speaker, range, isOver) => capture.notKept(speaker, range, isOver),
    });
    this.#sessionFile = sessionFile({ db, settings, capture, tracks: views, onError });
    this.#lookBack.writesTo(this.#segmenter, ...(this.#sessionFile ? [this.#sessionFile] : []));
  }

  /** What it takes to finish the files that are being written. */
  get openBytes(): number {
    return this.#segmenter.openBytes;
  }

  /** What it costs to write the files. */
  get encoding(): EngineStats['encoding'] {
    return this.#segmenter.encoding;
  }

  /** What waits in memory for room on the disk. */
  get waitingBytes(): number {
    return this.#segmenter.waitingBytes;
  }

  async open(): Promise<void> {
    await this.#row.open();
    await this.#sessionFile?.open();
  }

  /** Instead of `open`, of a session that another engine began. */
  async goOn(): Promise<void> {
    await this.#sessionFile?.open();
  }

  /** The next audio of a track, which has it already. */
  audio(speaker: Speaker, from: number, samples: Float32Array): void {
    this.#lookBack.audio(speaker, from, samples);
  }

  take(news: readonly TrackerNews[]): void {
    this.#lookBack.take(news);
    this.#unheard.take(news);
  }

  epochs(epochs: readonly Epoch[]): void {
    this.#attempt(this.#row.epochs(epochs));
  }

  /** Something is missing of a track, or of both. */
  lost(speaker: Speaker | undefined): void {
    this.#attempt(this.#segmenter.lost(speaker));
    this.#sessionFile?.noted();
  }

  /** The marks of a track have changed. */
  marked(speaker: Speaker): void {
    this.#attempt(this.#segmenter.marked(speaker));
    this.#sessionFile?.noted();
  }

  /** Of what is captured and still open. What is kept already is not this room's: see `redactKept`. */
  redact(range: RedactionRange): Promise<void> {
    const { clock, marks, tracks } = this.#options.capture;
    const files = { segmenter: this.#segmenter, sessionFile: this.#sessionFile };
    return redactLive({ clock, marks, tracks, ...files }, range);
  }

  /** What is encoded goes into the database now. Settles when it is there. */
  async keepNow(): Promise<void> {
    await Promise.all([this.#segmenter.keepNow(), this.#sessionFile?.keepNow()]);
  }

  /**
   * Settles when everything up to `end`, the session's last frame (exclusive), is kept. What a full disk refuses is finished by
   * the next start, which is told that the session was stopped.
   */
  async finish(end: number, reason: 'session_stop' | 'page_exit'): Promise<void> {
    try {
      await this.#finish(end, reason);
    } catch (thrown) {
      const isFull = isTurntapeError(thrown) && thrown.code === 'storage_full';
      if (isFull && reason === 'session_stop') await this.#row.stoppedWithoutRoom();
      throw thrown;
    }
  }

  async #finish(end: number, reason: 'session_stop' | 'page_exit'): Promise<void> {
    const tails = this.tails?.finish();
    this.#lookBack.flush();
    await this.#segmenter.settled();
    await this.#unheard.settled();
    await tails;
    await this.#sessionFile?.finish(end);
    const { clock } = this.#options.capture;
    await this.#row.end(reason, clock.toWallMs(end), clock.epochs);
  }

  #attempt(work: Promise<void>): void {
    work.catch((thrown: unknown) => this.#options.onError(toErrorFacts(thrown, 'storage_failed')));
  }
}
