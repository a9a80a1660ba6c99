import { type ErrorFacts, toErrorFacts } from '../core/errors.ts';
import type { MuteEvent } from '../core/events.ts';
import type { CaptureNote } from '../core/messages/capture-note.ts';
import type { BotMessage, CaptureSetup, CutResult, EngineFact } from '../core/messages/page-engine.ts';
import type { SessionMemory } from '../core/messages/session-memory.ts';
import type { RedactionRange } from '../core/redaction.ts';
import type { SessionSettings } from '../core/settings.ts';
import type { EngineStats } from '../core/stats.ts';
import { type TrackerFact, type TrackerNews, TurnTracker } from '../core/turn-tracker.ts';
import type { Speaker } from '../core/turn.ts';
import type { TurntapeDatabase } from '../storage/database.ts';
import { AppWords } from './app-words.ts';
import { Attention } from './attention.ts';
import { BotActivity } from './bot-activity.ts';
import { BotPlayback } from './bot-playback.ts';
import { Capture } from './capture.ts';
import { HandMarks } from './hand-marks.ts';
import { engineStats } from './engine-stats.ts';
import { LookBack } from './look-back.ts';
import { Mute } from './mute.ts';
import { redactLive } from './redaction.ts';
import { Resumption } from './resumption.ts';
import type { SegmentSeals } from './segment-seal.ts';
import { Segmenter } from './segmenter.ts';
import type { SessionPast } from './session-past.ts';
import { PassThrough } from './pass-through.ts';
import { type SessionFile, sessionFile } from './session-file.ts';
import { SessionRow } from './session-row.ts';
import { type PlayerSource, SourceLinks, type TapSource } from './source-links.ts';
import { SpeakerLevels } from './speaker-levels.ts';
import { TurnNotes } from './turn-notes.ts';
import { TurnReporter } from './turn-reporter.ts';
import { UnheardTails, type UnheardTailsOptions } from './unheard-tails.ts';
import { UnheardTurns, type UnheardTurnsOptions } from './unheard-turns.ts';
import { UserHearing } from './user-hearing.ts';
import { UserVoice } from './user-voice.ts';
import { UtteranceLedger } from './utterance-ledger.ts';
import { WrittenUser } from './written-user.ts';
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
  readonly #tracker: TurnTracker;
  readonly #reporter: TurnReporter;
  readonly #notes = new TurnNotes();
  readonly #segmenter: Segmenter;
  readonly #unheard: UnheardTurns;
  readonly #sessionFile: SessionFile | undefined;
  readonly #bot: BotPlayback;
  readonly #user: UserVoice;
  readonly #row: SessionRow;
  readonly #links: SourceLinks;
  readonly #lookBack: LookBack;
  readonly #mute: Mute;
  readonly #written: WrittenUser;
  readonly #marks: HandMarks;
  readonly #hearing: UserHearing | undefined;
  readonly #levels: SpeakerLevels;
  readonly #attention: Attention;
  readonly #news: (readonly TrackerNews[])[] = [];
  readonly #words: AppWords;
  #activity: BotActivity | undefined;
  readonly #resumption: Resumption | undefined;
  #setup: CaptureSetup;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#setup = options.capture;
    const { settings, db, report } = options;
    const { sessionId } = settings;
    const { past, memory } = options.past ?? {};
    const epochs = past?.epochs ?? [];
    const clockRate = epochs[0]?.clockRate ?? options.capture.clockRate;
    const feed = (fact: TrackerFact): void => this.#feed(fact);
    this.#row = new SessionRow(db, settings, past?.startedAt ?? Date.now(), epochs);
    this.#capture = new Capture(
      clockRate,
      {
        onAudio: (speaker, from, samples) => this.#audio(speaker, from, samples),
        onEpoch: (epochs) => {
          this.#attempt(this.#row.epochs(epochs));
          this.#words.timeBegan();
        },
        onLoss: ({ from, to, cause, speaker }) => {
          const { clock } = this.#capture;
          this.#attempt(this.#segmenter.lost(speaker));
          this.#sessionFile?.noted();
          report({
            type: 'gap',
            sessionId,
            event: { startMs: clock.toMs(from), endMs: clock.toMs(to), cause, speaker },
          });
        },
        onSilent: (silent) => report({ type: 'input-silent', sessionId, silent }),
      },
      settings.redactLookbackMs,
      undefined,
      epochs,
    );
    const { clock, losses, marks, tracks } = this.#capture;
    this.#written = new WrittenUser({
      rate: clockRate,
      now: () => this.#endOf('bot'),
      push: (from, samples) => this.#capture.written(from, samples),
      onStalled: (range) => this.#capture.stalled(range),
      onError: (error) => this.#fail(toErrorFacts(error, 'invalid_argument')),
    });
    losses.include(() => {
      const { stall } = this.#written;
      return stall ? [{ ...stall, cause: 'stream_stalled', speaker: 'user' }] : [];
    });
    this.#lookBack = new LookBack(clock.toFrames(settings.redactLookbackMs), tracks);
    this.#links = new SourceLinks(this.#capture, (thrown) => this.#fail(toErrorFacts(thrown, 'worker_failed')));
    this.#tracker = new TurnTracker({ clockRate, ...settings.turns });
    this.#reporter = new TurnReporter(settings, clock, () => this.#endOf('user'), report);
    const utterances = new UtteranceLedger();
    const passThrough = new PassThrough();
    const keeping: UnheardTurnsOptions & UnheardTailsOptions = {
      db,
      newId,
      seals: options.seals,
      record: settings.record,
      sources: {
        settings,
        clock,
        losses,
        marks,
        utterances,
        notes: this.#notes,
        capture: () => this.#setup,
        vadModel: () => this.#hearing?.modelName ?? null,
      },
      onKept: (segment) => report({ type: 'segment-kept', sessionId, segment }),
      onDiscarded: (turnId, speaker, reason) =>
        report({ type: 'segment-discarded', sessionId, event: { turnId, speaker, reason } }),
      onError: (error) => this.#fail(error),
    };
    this.#bot = new BotPlayback({
      sessionId,
      clock,
      newId,
      feed,
      report,
      duckGain: settings.bargeIn.duckGain,
      outputLatencyMs: () => this.#setup.outputLatencyMs ?? 0,
      openTurn: () => this.#tracker.openTurn('bot'),
      onSound: (sounds, at) => this.#user.botSounds(sounds, at),
      utterances,
      passThrough,
      onError: (error) => this.#fail(toErrorFacts(error, 'invalid_argument')),
      tails: settings.record.bot && settings.record.unheardTail ? new UnheardTails(keeping) : undefined,
    });
    this.#user = new UserVoice({
      settings,
      clockRate,
      newId,
      feed,
      continued: memory?.turns.find((turn) => turn.speaker === 'user')?.turnId,
      obey: (command, cause) => this.#bot.obey(command, cause),
    });
    if (settings.vad)
      this.#hearing = new UserHearing({
        settings: settings.vad,
        clockRate,
        model: options.model,
        newId,
        read: (speaker, from, to) => tracks[speaker].read(from, to),
        onFact: (fact) => this.#user.detected(fact),
        onDoubt: (news) => this.#reporter.take([news]),
        onError: (error) => this.#fail(toErrorFacts(error, 'vad_failed')),
      });
    this.#attention = new Attention((close) => {
      if (settings.bargeIn.mode === 'off') return;
      this.#hearing?.listenClosely(close);
      this.#links.listenClosely(close);
    });
    const views = { user: this.#lookBack.view('user'), bot: this.#lookBack.view('bot') };
    this.#segmenter = new Segmenter({ ...keeping, passThrough, tracks: views });
    const { onError } = keeping;
    this.#sessionFile = sessionFile({ db, settings, capture: this.#capture, tracks: views, onError });
    this.#unheard = new UnheardTurns(keeping);
    this.#marks = new HandMarks(clock, (speaker) => this.#endOf(speaker), feed);
    this.#lookBack.writesTo(this.#segmenter, ...(this.#sessionFile ? [this.#sessionFile] : []));
    this.#mute = new Mute({
      clock,
      marks,
      command: (muted, muteId) => this.#links.mute(muted, muteId),
      end: () => this.#endOf('user'),
      onMark: () => {
        this.#attempt(this.#segmenter.marked('user'));
        this.#sessionFile?.noted();
      },
      report: (event) => {
        this.#capture.silenced(event.muted);
        report({ type: 'mute', sessionId, event });
      },
    });
    if (past && memory)
      this.#resumption = new Resumption({
        past,
        memory,
        clock,
        utterances,
        limit: (speaker, at) => this.#tracker.goOn(speaker, at, past.parts),
        feed,
        tell: (news) => this.#take(news),
      });
    this.#words = new AppWords({
      timeHasBegun: () => clock.epochs.length > 0,
      bot: this.#bot,
      marks: this.#marks,
      notes: this.#notes,
      user: this.#written,
      serverSaid: (speech) => {
        this.#user.serverSaid(speech, this.#endOf('user'));
        if (speech) this.#hearing?.trust(this.#endOf('user'));
      },
    });
    this.#levels = new SpeakerLevels(clock, (event) => report({ type: 'level', sessionId, event }));
  }

  /** Goes on where an engine left it that crashed. Before anything is connected. */
  async goOn(): Promise<void> {
    const { past, memory } = this.#options.past ?? {};
    if (!past || !memory) return;
    await this.#sessionFile?.open();
    const { clock, losses } = this.#capture;
    losses.remember(memory.gaps, clock);
    this.#capture.goOn(past.tracks);
    for (const { turnId, externalId } of memory.bound) this.#notes.bind(turnId, externalId);
    if (memory.mute) {
      this.#mute.goOn(memory.mute, clock.toFrames(memory.mute.atMs));
      this.#capture.silenced(true);
    }
    this.#resumption?.begin();
  }

  async open(): Promise<void> {
    await this.#row.open();
    await this.#sessionFile?.open();
  }

  connectTap(source: TapSource): void {
    const link = this.#links.tap(
      source,
      (cutId, at) => this.#bot.wasCut(cutId, at, []),
      (muteId, at) => this.#mute.answered(muteId, at),
    );
    if (source.speaker === 'user') {
      this.#mute.tapConnected();
      return;
    }
    this.#bot.attach(() => this.#capture.tracks.bot.end, source.plays ? (command) => link.send(command) : undefined);
    if (source.boundaries !== 'activity') return;
    // A context was rebuilt under the stream: what it said until then is a finished turn.
    this.#attempt(this.#activity?.finish() ?? Promise.resolve());
    this.#activity = new BotActivity({
      clockRate: this.#setup.clockRate,
      newId,
      feed: (fact) => this.#feed(fact),
      onError: (error) => this.#fail(toErrorFacts(error, 'vad_failed')),
    });
  }

  /** The attached stream is gone; what it said is a finished turn. */
  async detachBot(): Promise<void> {
    await this.#links.stop('bot-tap');
    await this.#activity?.finish();
    this.#activity = undefined;
    this.#bot.detach();
  }

  connectPlayer(source: PlayerSource): void {
    const link = this.#links.player(source, (event, at) => this.#bot.event(event, at));
    this.#bot.connectPlayer((command) => link.send(command), this.#endOf('bot'));
    this.#resumption?.playerConnected((command) => link.send(command));
  }

  /** What the app, or any thread that holds the bot's port, says. Before the first block there is no time yet: it waits. */
  say(message: BotMessage): void {
    this.#words.say(message);
  }

  mute(muted: boolean): Promise<MuteEvent> {
    return this.#mute.set(muted);
  }

  /** What is kept already is not this room's: see `redactKept`. */
  redact(range: RedactionRange): Promise<void> {
    const { clock, marks, tracks } = this.#capture;
    const files = { segmenter: this.#segmenter, sessionFile: this.#sessionFile };
    return redactLive({ clock, marks, tracks, ...files }, range);
  }

  interrupt(cause: 'manual' | 'server'): Promise<CutResult | undefined> {
    return this.#bot.cut(cause);
  }

  note(note: CaptureNote): void {
    this.#capture.note(note);
  }

  stats(): EngineStats {
    return engineStats(this.#capture, { levels: this.#levels.newest, queues: this.#links.queues }, Date.now());
  }

  updateCapture(setup: CaptureSetup): void {
    this.#setup = setup;
  }

  useModel(model: ProbabilityModel): void {
    this.#hearing?.useModel(model);
  }

  /** Settles when every frame captured before the call is kept. */
  async stop(reason: 'session_stop' | 'page_exit'): Promise<void> {
    await this.#bot.cut('session_end');
    await this.#links.stop();
    await this.#written.finish();
    await this.#hearing?.settle();
    await this.#activity?.finish();
    this.#capture.finish();
    const tails = this.#bot.settleRest(this.#endOf('bot'));
    this.#marks.settle();
    const end = Math.max(this.#endOf('user'), this.#endOf('bot'));
    this.#feed({ type: 'session-end', at: end, reason });
    this.#lookBack.flush();
    await this.#segmenter.settled();
    await this.#unheard.settled();
    await tails;
    await this.#sessionFile?.finish(end);
    await this.#row.end(reason, this.#capture.clock.toWallMs(end), this.#capture.clock.epochs);
  }

  #audio(speaker: Speaker, from: number, samples: Float32Array): void {
    this.#resumption?.heard(speaker, from);
    if (speaker === 'user') this.#hearing?.hear(from, samples);
    else {
      this.#activity?.hear(from, samples);
      this.#bot.advanced(from, samples);
      this.#written.advanced();
    }
    this.#lookBack.audio(speaker, from, samples);
    this.#levels.add(speaker, from, samples);
    const to = from + samples.length;
    if (speaker === 'user') {
      this.#hearing?.advanced(to);
      this.#user.advanced(from, to);
    }
    this.#feed({ type: 'advanced', speaker, to });
    this.#marks.advanced(speaker, to);
  }

  #feed(fact: TrackerFact): void {
    this.#take(this.#tracker.feed(fact));
  }

  /** Every room hears all of one news before the next, also when a room's answer makes more. */
  #take(news: readonly TrackerNews[]): void {
    if (news.length === 0) return;
    this.#news.push(news);
    if (this.#news.length > 1) return;
    for (let next = this.#news[0]; next; next = this.#news[0]) {
      for (const room of [
        this.#notes,
        this.#lookBack,
        this.#unheard,
        this.#reporter,
        this.#bot,
        this.#user,
        this.#attention,
      ])
        room.take(next);
      this.#news.shift();
    }
  }

  #endOf(speaker: Speaker): number {
    return this.#capture.tracks[speaker].end ?? 0;
  }

  #attempt(work: Promise<void>): void {
    work.catch((thrown: unknown) => this.#fail(toErrorFacts(thrown, 'storage_failed')));
  }

  #fail(error: ErrorFacts): void {
    this.#options.report({ type: 'error', sessionId: this.#options.settings.sessionId, error });
  }
}
