import { TurntapeError } from '../../core/errors.ts';
import { leastSpeechMs } from '../../core/integrity.ts';
import { isSampled } from '../../core/sample.ts';
import type { Consent, Transcript } from '../../core/session.ts';
import type { SessionSettings } from '../../core/settings.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import type { AssetUrls } from '../assets.ts';
import { type AudioGraph, openAudioGraph } from '../audio/audio-graph.ts';
import { Bot } from '../bot.ts';
import { type MicrophoneChoice, type OutputChoice, setSink } from '../microphone/devices.ts';
import type { SessionFiles } from '../files.ts';
import {
  type MicrophoneConstraints,
  type Microphone,
  exactly,
  noMicrophone,
  openMicrophone,
} from '../microphone/microphone.ts';
import type { CheckedOptions } from '../options/options.ts';
import type { Persistence } from '../delivery/persistence.ts';
import { Scope } from '../scope.ts';
import { keepPageLock } from '../page-lock.ts';
import { Session } from '../session.ts';
import { SessionCapture, captureSetup } from './session-capture.ts';
import { sessionSettings } from '../options/session-settings.ts';
import { watchIdle } from './session-idle.ts';
import { SessionKeeper } from './session-keeper.ts';
import { SessionSources } from './session-sources.ts';
import { readSegments } from './stored-sessions.ts';
import type { EngineThread } from '../engine-life.ts';
import { Transcripts } from '../transcripts.ts';
import { TurnEndQuestions } from '../turn-end-questions.ts';
import { User } from '../user.ts';

/**
 * A session does not wait longer than this for the detector's model: energy serves until it is there. A start is over within five
 * seconds, the model's download or not.
 */
const WARM_UP_MS = 4000;

/** What a session needs of its recorder. */
export interface SessionHome {
  options: CheckedOptions;
  assets: AssetUrls;
  thread: EngineThread;
  db: TurntapeDatabase;
  persistence: Persistence;
  consent: Consent | null;
  /** Throws `consent_required` when it was taken back. */
  requireConsent: () => void;
  /** What the app chose among the devices. */
  chosen: { microphone: MicrophoneChoice | undefined; output: OutputChoice | undefined };
  files: (sessionId: string) => SessionFiles;
  /** Something new lies in the outbox. */
  nudge: () => void;
  whenDelivered: (sessionId: string, signal: AbortSignal | undefined) => Promise<void>;
  onSession: (session: Session) => void;
  onEnded: (session: Session) => void;
}

/** One attempt to open a session: what was opened, in its order, and how all of it is closed again. */
export class SessionOpening {
  readonly #home: SessionHome;
  readonly #sessionId: string;
  readonly #metadata: Record<string, unknown>;
  readonly #sampled: boolean;
  readonly #scope = new Scope((thrown) => this.#fail('audio_context_failed', 'closing the session failed', thrown));
  readonly #keeper = new SessionKeeper();
  #session: Session | undefined;
  #opened = false;

  constructor(home: SessionHome, sessionId: string, metadata: Record<string, unknown>) {
    this.#home = home;
    this.#sessionId = sessionId;
    this.#metadata = metadata;
    this.#sampled = isSampled(sessionId, home.options.sampleRatio);
  }

  async open(): Promise<Session> {
    const { options, thread, chosen } = this.#home;
    await this.#warmUp();
    this.#requireWanted();
    // The graph first: a microphone opened before it loses its first 50 to 200 ms (measured).
    const contextScope = new Scope((thrown) =>
      this.#fail('audio_context_failed', 'closing the context failed', thrown),
    );
    // First in, last out: what sounds in a context leaves before it is closed. See `renderedOnceMore`.
    let closing = contextScope;
    this.#scope.add(() => closing.dispose());
    const openGraph = (scope: Scope): Promise<AudioGraph> => this.#openGraph(options.audioContext, scope);
    const graph = await openGraph(contextScope);
    const constraints = asConstraints(options.microphone);
    const microphone =
      options.microphone === false
        ? noMicrophone(graph.context)
        : await openChosen(options.microphone, chosen.microphone);
    if (microphone.owned) this.#scope.add(() => microphone.track.stop());
    await graph.start();
    if (chosen.output) await setSink(graph.context, chosen.output);
    this.#requireWanted();
    await keepPageLock(this.#sessionId, this.#scope);
    await thread.engine.call('openSession', [this.#settings(), captureSetup({ graph, clockId: 1 }, microphone.track)]);
    this.#opened = true;
    this.#requireWanted();
    const sources = new SessionSources({
      graph,
      audioLink: options.audioLink,
      thread,
      keeper: this.#keeper,
      sounds: () => ({ deafened: this.#session?.deafened ?? false, volume: this.#session?.bot.volume ?? 1 }),
      sessionId: this.#sessionId,
      scope: this.#scope,
      onError: (error) => this.#session?.fail(error),
    });
    const capture = new SessionCapture({
      sessionId: this.#sessionId,
      thread,
      sources,
      microphone,
      constraints,
      contextScope,
      onContextScope: (scope) => (closing = scope),
      output: chosen.output,
      ours: options.audioContext === undefined,
      openGraph: async (scope) => {
        const graph = await openGraph(scope);
        await graph.start();
        return graph;
      },
      scope: this.#scope,
      persisted: () => this.#home.persistence.persisted,
      onState: (state) => this.#session?.setState(state),
      onMicrophone: (event) => this.#session?.emit('microphone', event),
      fail: (error) => this.#session?.fail(error),
    });
    const session = this.#createSession(capture, sources);
    this.#session = session;
    this.#home.onSession(session);
    watchIdle(session, options.sessionIdleMs, this.#scope, () => session.leaveIdle(options.sessionIdleMs));
    if (options.storage.persist && this.#sampled)
      this.#home.persistence.ask((cause) =>
        session.fail(new TurntapeError('storage_failed', 'the browser takes no wish to keep its storage', { cause })),
      );
    sources.connect(microphone.absent ? undefined : microphone.stream);
    this.#home.nudge();
    return session;
  }

  /** Closes what was opened. What fails meanwhile is told: who called is to know why it was not opened. */
  async giveUp(): Promise<void> {
    try {
      // Somebody may hold it already: it ends as every session does, and what it promised settles.
      if (this.#session) await this.#session.stop();
      else await this.#closeAll();
    } catch (thrown) {
      this.#fail('worker_failed', 'the engine did not answer', thrown);
    }
  }

  async #closeAll(): Promise<void> {
    await this.#scope.dispose();
    await this.#closeEngine();
  }

  async #closeEngine(): Promise<void> {
    if (this.#opened) await this.#home.thread.engine.call('stopSession', [this.#sessionId, 'session_stop']);
  }

  /** The caller gave it up while something was opened: what was opened since then is closed, and no more is. */
  #requireWanted(): void {
    if (!this.#scope.disposed) return;
    this.#closeEngine().catch((thrown: unknown) => this.#fail('worker_failed', 'the engine did not answer', thrown));
    throw new TurntapeError('aborted', 'the caller gave it up');
  }

  async #warmUp(): Promise<void> {
    if (!this.#home.options.vad) return;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, WARM_UP_MS);
    await Promise.race([this.#home.thread.engine.call('vadReady', []), late]);
    clearTimeout(timer);
  }

  #createSession(capture: SessionCapture, sources: SessionSources): Session {
    const { options, thread, db, nudge, whenDelivered } = this.#home;
    const sessionId = this.#sessionId;
    const { said } = sources;
    const ended = (): boolean => this.#session === undefined || this.#session.state === 'ended';
    const transcripts = new Transcripts(sessionId, this.#sampled ? db : undefined, {
      requireConsent: this.#home.requireConsent,
      onKept: (transcript) => {
        this.#session?.emit('transcript', { transcript });
        const words = wordsOf(transcript);
        if (words) said.send(words);
        nudge();
      },
      onError: (error) => this.#session?.fail(error),
    });
    const session = new Session({
      sessionId,
      sampled: this.#sampled,
      recorded: (['user', 'bot'] as const).filter((speaker) => this.#sampled && options.record[speaker]),
      capture,
      user: new User({
        port: said,
        ended,
        openTee: (settings) => sources.openTee(settings),
        mode: options.turns.mode,
        isWritten: options.microphone === false,
      }),
      mute: (muted) => thread.engine.call('mute', [sessionId, muted]),
      deafen: (deafened) => thread.engine.call('deafen', [sessionId, deafened]),
      redact: async (range) =>
        this.#sampled ? thread.engine.call('redact', [sessionId, range]) : { ...range, segments: [], missing: [] },
      transcripts,
      files: this.#home.files(sessionId),
      bot: new Bot({
        port: said,
        ended,
        openPort: () => sources.openBotPort(),
        interrupt: (cause) => thread.engine.call('interrupt', [sessionId, cause, Date.now()]),
        attach: (source, options) => sources.attach(source, options),
      }),
      keeper: this.#keeper,
      revive: async (worker) => {
        await worker.engine.call('resumeSession', [this.#settings(), capture.setup, this.#keeper.memory]);
        sources.relink(worker);
        capture.noteAgain();
      },
      keepNow: () => thread.engine.call('keepNow', [sessionId]),
      goesOn: async () => !this.#sampled || thread.engine.call('goesOn', [sessionId]),
      stopsWhenFull: this.#home.options.storage.whenFull === 'stop',
      turnEnd: new TurnEndQuestions({
        shouldEndTurn: options.shouldEndTurn,
        answer: (askId) => said.send({ type: 'turn-is-over', askId }),
        fail: (error) => this.#session?.fail(error),
      }),
      bind: (turnId, externalId) => {
        said.send({ type: 'bind', turnId, externalId });
        transcripts.bind(turnId, externalId);
      },
      stop: (reason) => this.#stop(reason),
      kept: () => readSegments(db, sessionId),
      ended: (it) => this.#home.onEnded(it),
      whenDelivered: (signal) => whenDelivered(sessionId, signal),
    });
    return session;
  }

  #openGraph(given: AudioContext | undefined, scope: Scope): Promise<AudioGraph> {
    return openAudioGraph(this.#home.assets, given ?? this.#home.options.latencyHint, scope, (error) =>
      this.#session?.fail(error),
    );
  }

  async #stop(reason: 'session_stop' | 'page_exit'): Promise<void> {
    try {
      await this.#home.thread.engine.call('stopSession', [this.#sessionId, reason]);
    } finally {
      await this.#scope.dispose();
      this.#home.nudge();
    }
  }

  #settings(): SessionSettings {
    const { options, consent } = this.#home;
    const facts = { sessionId: this.#sessionId, metadata: this.#metadata, consent, sampled: this.#sampled };
    return sessionSettings(facts, options);
  }

  #fail(code: 'audio_context_failed' | 'worker_failed', message: string, cause: unknown): void {
    this.#session?.fail(new TurntapeError(code, message, { cause }));
  }
}

/** What the engine compares with the bot's record. Of words that were cut nobody knows how many were said. */
function wordsOf({ transcriptId, revision, turnId, externalId, role, text, interrupted }: Transcript) {
  if (role !== 'assistant') return undefined;
  const leastMs = interrupted ? 0 : leastSpeechMs(text);
  return { type: 'words', transcriptId, revision, turnId, externalId, leastMs } as const;
}

function asConstraints(option: CheckedOptions['microphone']): MicrophoneConstraints {
  return option === false || option instanceof MediaStream ? {} : option;
}

/** What was chosen among the devices comes before the options, whose constraints hold for the rest. */
function openChosen(
  option: MicrophoneConstraints | MediaStream,
  choice: MicrophoneChoice | undefined,
): Promise<Microphone> {
  if (!choice || choice instanceof MediaStream) return openMicrophone(choice ?? option);
  return openMicrophone({ ...asConstraints(option), ...exactly(choice) });
}
