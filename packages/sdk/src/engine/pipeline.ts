import { type ErrorFacts, toErrorFacts } from '../core/errors.ts';
import type { DeafenEvent, LevelEvent, MuteEvent } from '../core/events.ts';
import type { CaptureNote } from '../core/messages/capture-note.ts';
import type { BotMessage, CaptureSetup, CutResult, EngineFact } from '../core/messages/page-engine.ts';
import type { TypedPort } from '../core/messages/ports.ts';
import type { TeeMessage, TeeReply, TeeSettings } from '../core/messages/tee.ts';
import type { SessionMemory } from '../core/messages/session-memory.ts';
import type { RedactionRange } from '../core/redaction.ts';
import type { SessionSettings } from '../core/settings.ts';
import type { EngineStats } from '../core/stats.ts';
import type { Speaker } from '../core/turn.ts';
import type { TurntapeDatabase } from '../storage/database.ts';
import { AppWords } from './app-words.ts';
import { Capture } from './capture/capture.ts';
import { engineStats } from './engine-stats.ts';
import { Integrity } from './integrity/integrity.ts';
import { HandMarks } from './turns/hand-marks.ts';
import { Keeping } from './keeping/keeping.ts';
import { Listening } from './user/listening.ts';
import { Loudspeaker } from './bot/loudspeaker.ts';
import type { Loss } from './capture/loss-ledger.ts';
import { PassThrough } from './bot/pass-through.ts';
import { Resumption } from './keeping/resumption.ts';
import type { SegmentSeals } from './keeping/segment-seal.ts';
import type { SessionPast } from './keeping/session-past.ts';
import { type PlayerSource, SourceLinks, type TapSource } from './capture/source-links.ts';
import { SpeakerLevels } from './capture/speaker-levels.ts';
import { Speaking } from './bot/speaking.ts';
import { UserTees } from './tee/user-tees.ts';
import { TurnNotes } from './turns/turn-notes.ts';
import { TurnReporter } from './turns/turn-reporter.ts';
import { Turns } from './turns/turns.ts';
import { UtteranceLedger } from './bot/utterance-ledger.ts';
import type { ProbabilityModel } from './vad/probability-model.ts';

export interface PipelineOptions {
  db: TurntapeDatabase;
  settings: SessionSettings;
  capture: CaptureSetup;
  /** The detector in charge now; another may take over while the session runs. */
  model: ProbabilityModel;
  /** Seals the files, when the session is sealed. */
  seals?: SegmentSeals | undefined;
  report: (fact: EngineFact) => void;
  /** What an engine that crashed has left of this session, and what the page remembers. */
  past?: { past: SessionPast; memory: SessionMemory } | undefined;
}

const newId = (): string => crypto.randomUUID();

/** One session's rooms and the wires between them. It decides nothing. */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #capture: Capture;
  readonly #turns: Turns;
  readonly #keeping: Keeping;
  readonly #bot: Speaking;
  readonly #user: Listening;
  readonly #loudspeaker: Loudspeaker;
  readonly #links: SourceLinks;
  readonly #marks: HandMarks;
  readonly #levels: SpeakerLevels;
  readonly #integrity: Integrity;
  readonly #tees: UserTees;
  readonly #words: AppWords;
  readonly #resumption: Resumption | undefined;
  #setup: CaptureSetup;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#setup = options.capture;
    const { settings, db, seals, report } = options;
    const { sessionId } = settings;
    const { past, memory } = options.past ?? {};
    const epochs = past?.epochs ?? [];
    const clockRate = epochs[0]?.clockRate ?? options.capture.clockRate;
    const setup = (): CaptureSetup => this.#setup;
    const onError = (error: ErrorFacts): void => report({ type: 'error', sessionId, error });
    const capture = new Capture(
      clockRate,
      {
        onAudio: (speaker, from, samples) => this.#audio(speaker, from, samples),
        onEpoch: (all) => {
          this.#keeping.epochs(all);
          this.#words.timeBegan();
        },
        onLoss: (loss) => this.#lost(loss),
        onSilent: (silent) => report({ type: 'input-silent', sessionId, silent }),
      },
      settings.redactLookbackMs,
      epochs,
    );
    this.#capture = capture;
    const links = new SourceLinks(capture, (thrown) => onError(toErrorFacts(thrown, 'worker_failed')));
    this.#links = links;
    const turns = new Turns({ clockRate, ...settings.turns });
    this.#turns = turns;
    const notes = new TurnNotes();
    const reporter = new TurnReporter(settings, capture.clock, () => capture.endOf('user'), report);
    const utterances = new UtteranceLedger();
    const passThrough = new PassThrough();
    const loudspeaker = new Loudspeaker({
      sessionId,
      capture,
      onMark: () => this.#keeping.marked('bot'),
      onDisturbed: () => this.#bot.disturbed(),
      report,
    });
    this.#loudspeaker = loudspeaker;
    const integrity = new Integrity({
      clock: capture.clock,
      excused: () => capture.explained('bot'),
      externalId: (turnId) => notes.externalId(turnId),
      report: (event) => {
        if (settings.record.bot) report({ type: 'integrity', sessionId, event });
      },
    });
    this.#integrity = integrity;
    this.#tees = new UserTees(capture.clock, settings, settings.encoder.user.resampler);
    this.#keeping = new Keeping({
      db,
      settings,
      capture,
      setup,
      vadModel: () => this.#user.modelName,
      newId,
      notes,
      utterances,
      loudspeaker,
      passThrough,
      integrity,
      seals,
      past,
      report,
      onError,
    });
    this.#bot = new Speaking({
      settings,
      capture,
      links,
      setup,
      newId,
      feed: turns.feed,
      openTurn: () => turns.openTurn('bot'),
      notes,
      onSound: (sounds, at) => this.#user.botSounds(sounds, at),
      utterances,
      loudspeaker,
      passThrough,
      integrity,
      tails: this.#keeping.tails,
      report,
      onError,
    });
    this.#user = new Listening({
      settings,
      capture,
      links,
      loudspeaker,
      model: options.model,
      newId,
      resumed: past !== undefined,
      continued: memory?.turns.find((turn) => turn.speaker === 'user')?.turnId,
      feed: turns.feed,
      tell: (news) => reporter.take(news),
      obey: (command, cause, at) => this.#bot.obey(command, cause, at),
      onMark: () => this.#keeping.marked('user'),
      report,
      onError,
    });
    turns.tells(notes, integrity, this.#keeping, reporter, this.#bot, this.#user, this.#tees);
    this.#marks = new HandMarks(capture.clock, (speaker) => capture.endOf(speaker), turns.feed);
    if (past && memory)
      this.#resumption = new Resumption({
        past,
        memory,
        capture,
        turns,
        notes,
        utterances,
        loudspeaker,
        user: this.#user,
      });
    this.#words = new AppWords({
      loudspeaker,
      timeHasBegun: () => capture.clock.epochs.length > 0,
      bot: this.#bot,
      marks: this.#marks,
      notes,
      integrity,
      user: this.#user,
    });
    const onLevel = (event: LevelEvent): void => report({ type: 'level', sessionId, event });
    this.#levels = new SpeakerLevels(capture.clock, onLevel, settings.levels);
  }

  open(): Promise<void> {
    return this.#keeping.open();
  }

  /** Instead of `open`: goes on where an engine left it that crashed. Before anything is connected. */
  async goOn(): Promise<void> {
    await this.#keeping.goOn();
    this.#resumption?.begin();
  }

  connectTap(source: TapSource): void {
    const { speaker } = source;
    if (speaker === 'user') this.#user.connectTap({ ...source, speaker });
    else this.#bot.connectTap({ ...source, speaker });
  }

  connectPlayer(source: PlayerSource): void {
    const play = this.#bot.connectPlayer(source);
    this.#resumption?.playerConnected(play);
  }

  /** The attached stream is gone; what it said is a finished turn. */
  detachBot(): Promise<void> {
    return this.#bot.detach();
  }

  /** What the app, or any thread that holds the bot's port, says. Before the first block there is no time yet: it waits. */
  say(message: BotMessage): void {
    this.#words.say(message);
  }

  /** A reader of the user's track, from the next audio on. */
  openTee(settings: TeeSettings, port: TypedPort<TeeMessage, TeeReply>): void {
    this.#tees.open(settings, port);
  }

  mute(muted: boolean): Promise<MuteEvent> {
    return this.#user.mute(muted);
  }

  deafen(deafened: boolean): Promise<DeafenEvent> {
    return this.#loudspeaker.deafen(deafened);
  }

  /** What is kept already is not this room's: see `redactKept`. */
  redact(range: RedactionRange): Promise<void> {
    return this.#keeping.redact(range);
  }

  /** What is encoded goes into the database now: the page may be about to go. Settles when it is there. */
  keepNow(): Promise<void> {
    return this.#keeping.keepNow();
  }

  interrupt(cause: 'manual' | 'server', askedMs = Date.now()): Promise<CutResult | undefined> {
    return this.#bot.cut(cause, askedMs);
  }

  note(note: CaptureNote): void {
    if (note.type === 'closed') this.#links.gone(note.clockId);
    else this.#capture.note(note);
  }

  /** See `Keeping`. */
  get openBytes(): number {
    return this.#keeping.openBytes;
  }

  get waitingBytes(): number {
    return this.#keeping.waitingBytes;
  }

  stats(): Omit<EngineStats, 'storage'> {
    const { encoding } = this.#keeping;
    const { queues } = this.#links;
    const { stats: integrity } = this.#integrity;
    const { stats: tees } = this.#tees;
    return engineStats(this.#capture, { levels: this.#levels.newest, queues, encoding, integrity, tees }, Date.now());
  }

  updateCapture(setup: CaptureSetup): void {
    this.#setup = setup;
  }

  useModel(model: ProbabilityModel): void {
    this.#user.useModel(model);
  }

  /** Another tab has finished the session: nobody is to wait for more of it. */
  giveUp(): void {
    this.#tees.end();
  }

  /** Settles when every frame captured before the call is kept. */
  async stop(reason: 'session_stop' | 'page_exit'): Promise<void> {
    const capture = this.#capture;
    await this.#bot.cut('session_end', Date.now());
    await this.#links.stop();
    await this.#user.finish();
    await this.#bot.finish();
    capture.finish();
    this.#bot.settleRest(capture.endOf('bot'));
    this.#marks.settle();
    const end = Math.max(capture.endOf('user'), capture.endOf('bot'));
    this.#turns.feed({ type: 'session-end', at: end, reason });
    this.#integrity.finish();
    this.#tees.end();
    await this.#keeping.finish(end, reason);
  }

  #audio(speaker: Speaker, from: number, samples: Float32Array): void {
    const to = from + samples.length;
    this.#resumption?.heard(speaker, from);
    if (speaker === 'user') this.#user.hear(from, samples);
    else {
      this.#bot.advanced(from, samples);
      this.#integrity.advanced(from, samples);
      this.#user.botAdvanced();
    }
    this.#keeping.audio(speaker, from, samples);
    this.#levels.add(speaker, from, samples);
    if (speaker === 'user') this.#user.advanced(from, to);
    this.#turns.feed({ type: 'advanced', speaker, to });
    this.#marks.advanced(speaker, to);
    if (speaker === 'user') this.#tees.hear(from, samples);
  }

  #lost({ from, to, cause, speaker }: Loss): void {
    const { clock } = this.#capture;
    const { report, settings } = this.#options;
    this.#keeping.lost(speaker);
    const event = { startMs: clock.toMs(from), endMs: clock.toMs(to), cause, speaker };
    report({ type: 'gap', sessionId: settings.sessionId, event });
  }
}
