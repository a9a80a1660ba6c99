import { TurntapeError } from '../core/errors.ts';
import type { CaptureSetup, TapBoundaries } from '../core/messages/page-engine.ts';
import type { Consent } from '../core/session.ts';
import type { EncoderSettings, SessionSettings } from '../core/settings.ts';
import type { Speaker } from '../core/turn.ts';
import type { TurntapeDatabase } from '../storage/database.ts';
import { abortable, throwIfAborted } from './abortable.ts';
import type { AssetUrls } from './assets.ts';
import { type Attachment, type AttachOptions, type AttachSource, attachedNode } from './attachment.ts';
import { type AudioGraph, openAudioGraph, outputLatencyMs } from './audio-graph.ts';
import { Bot, botPort } from './bot.ts';
import { type Microphone, capturedSettings, openMicrophone } from './microphone.ts';
import { UUID } from './option-checks.ts';
import type { CheckedOptions } from './options.ts';
import { Scope } from './scope.ts';
import { Session } from './session.ts';
import { type EngineThread, connectWorklet } from './threads.ts';
import { Transcripts } from './transcripts.ts';
import { User } from './user.ts';

/** A session does not wait longer than this for the detector's model: energy serves until it is there. */
const WARM_UP_MS = 5000;

/** Output latency is read again this often: it settles some seconds after the start, and moves with the device. */
const LATENCY_EVERY_MS = 1000;

/** What `startSession` takes. */
export interface StartSessionOptions {
  /** A UUID of yours, or a new one. The same id later goes on with the same session. Error: `invalid_session_id`. */
  sessionId?: string;
  /** Yours; plain JSON. It travels with the session. Error: `invalid_argument`. */
  metadata?: Record<string, unknown>;
  signal?: AbortSignal;
}

/** What a session needs of its recorder. */
export interface SessionHome {
  options: CheckedOptions;
  assets: AssetUrls;
  thread: EngineThread;
  db: TurntapeDatabase;
  consent: Consent | null;
  /** Something new lies in the outbox. */
  nudge: () => void;
  whenDelivered: (sessionId: string, signal: AbortSignal | undefined) => Promise<void>;
  onSession: (session: Session) => void;
  onEnded: (session: Session) => void;
}

/** Opens the audio, the microphone and the engine's session, in this order; on a failure, closes what was opened. */
export async function startSession(home: SessionHome, options: StartSessionOptions): Promise<Session> {
  const { sessionId = crypto.randomUUID(), metadata = {}, signal } = options;
  if (!UUID.test(sessionId)) {
    const message = `sessionId must be a UUID, not '${sessionId}'`;
    throw new TurntapeError('invalid_session_id', message, { field: 'sessionId' });
  }
  throwIfAborted(signal);
  const opening = new SessionOpening(home, sessionId.toLowerCase(), plainJson(metadata));
  try {
    return await abortable(opening.open(), signal);
  } catch (thrown) {
    await opening.giveUp();
    throw thrown;
  }
}

class SessionOpening {
  readonly #home: SessionHome;
  readonly #sessionId: string;
  readonly #metadata: Record<string, unknown>;
  readonly #scope = new Scope((thrown) => this.#fail('audio_context_failed', 'closing the session failed', thrown));
  #session: Session | undefined;
  #opened = false;

  constructor(home: SessionHome, sessionId: string, metadata: Record<string, unknown>) {
    this.#home = home;
    this.#sessionId = sessionId;
    this.#metadata = metadata;
  }

  async open(): Promise<Session> {
    const { options, assets, thread } = this.#home;
    await this.#warmUp();
    this.#requireWanted();
    // The graph first: a microphone opened before it loses its first 50 to 200 ms (measured).
    const graph = await openAudioGraph(assets, options.audioContext, this.#scope, (error) =>
      this.#session?.fail(error),
    );
    const microphone = await openMicrophone(options.microphone);
    if (microphone.owned) this.#scope.add(() => microphone.track.stop());
    await graph.start();
    this.#requireWanted();
    const setup = (): CaptureSetup => captureSetup(graph.context, microphone.track);
    await thread.engine.call('openSession', [this.#settings(), setup()]);
    this.#opened = true;
    this.#requireWanted();
    const session = this.#createSession(graph);
    this.#session = session;
    this.#home.onSession(session);
    this.#connect(graph, microphone);
    this.#watch(session, graph.context, microphone, setup);
    this.#home.nudge();
    return session;
  }

  async giveUp(): Promise<void> {
    await this.#scope.dispose();
    await this.#closeEngine();
    if (this.#session) this.#home.onEnded(this.#session);
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

  #createSession(graph: AudioGraph): Session {
    const { thread, db, nudge, whenDelivered } = this.#home;
    const sessionId = this.#sessionId;
    const said = botPort(this.#openBotPort());
    const ended = (): boolean => this.#session === undefined || this.#session.state === 'ended';
    const session = new Session({
      sessionId,
      audioContext: graph.context,
      user: new User(said, ended),
      transcripts: new Transcripts(sessionId, db, nudge),
      bot: new Bot({
        port: said,
        ended,
        openPort: () => this.#openBotPort(),
        interrupt: (cause) => thread.engine.call('interrupt', [sessionId, cause]),
        attach: (source, options) => this.#attach(graph, source, options, said),
      }),
      bind: (turnId, externalId) => said.send({ type: 'bind', turnId, externalId }),
      stop: (reason) => this.#stop(session, reason),
      whenDelivered: (signal) => whenDelivered(sessionId, signal),
    });
    return session;
  }

  #connect(graph: AudioGraph, microphone: Microphone): void {
    const { thread } = this.#home;
    const scope = this.#scope;
    const { clockId, clockRate } = captureSetup(graph.context, microphone.track);
    const player = connectWorklet(graph.player(scope));
    thread.connect({ type: 'player', sessionId: this.#sessionId, clockId, clockRate, port: player });
    const source = graph.context.createMediaStreamSource(microphone.stream);
    this.#tap('user', graph, source, { plays: false, boundaries: 'none', scope });
  }

  #tap(
    speaker: Speaker,
    graph: AudioGraph,
    source: AudioNode,
    options: { plays: boolean; boundaries: TapBoundaries; scope: Scope },
  ): void {
    const { plays, boundaries, scope } = options;
    const port = connectWorklet(graph.tap(source, { plays, scope }));
    const clock = { clockId: CLOCK_ID, clockRate: graph.context.sampleRate };
    this.#home.thread.connect({ type: 'tap', sessionId: this.#sessionId, speaker, ...clock, boundaries, plays, port });
  }

  async #attach(
    graph: AudioGraph,
    source: AttachSource,
    { play = false, boundaries = 'activity', onCut }: AttachOptions,
    said: ReturnType<typeof botPort>,
  ): Promise<Attachment> {
    const { engine } = this.#home.thread;
    const scope = new Scope((thrown) => this.#fail('audio_context_failed', 'detaching failed', thrown));
    const { node, plays } = attachedNode(graph.context, source, play, scope);
    this.#tap('bot', graph, node, { plays, boundaries, scope });
    return {
      onCut: plays ? undefined : onCut,
      startTurn: () => {
        const turnId = crypto.randomUUID();
        said.send({ type: 'turn-start', speaker: 'bot', turnId });
        return { turnId };
      },
      endTurn: () => said.send({ type: 'turn-end', speaker: 'bot' }),
      detach: async () => {
        if (this.#session?.state !== 'ended') await engine.call('detachBot', [this.#sessionId]);
        await scope.dispose();
      },
    };
  }

  #openBotPort(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.#home.thread.connect({ type: 'bot', sessionId: this.#sessionId, port: port2 });
    return port1;
  }

  #watch(session: Session, context: AudioContext, microphone: Microphone, setup: () => CaptureSetup): void {
    const { engine } = this.#home.thread;
    this.#scope.listen(context, 'statechange', () =>
      session.setState(context.state === 'running' ? 'recording' : 'suspended'),
    );
    this.#scope.listen(microphone.track, 'ended', () =>
      session.fail(
        new TurntapeError('microphone_failed', 'the microphone is gone: the user’s track is silent from here'),
      ),
    );
    let known = outputLatencyMs(context);
    const timer = setInterval(() => {
      if (outputLatencyMs(context) === known) return;
      known = outputLatencyMs(context);
      engine
        .call('updateCapture', [this.#sessionId, setup()])
        .catch((thrown: unknown) => this.#fail('worker_failed', 'the engine did not answer', thrown));
    }, LATENCY_EVERY_MS);
    this.#scope.add(() => clearInterval(timer));
  }

  async #stop(session: Session, reason: 'session_stop' | 'page_exit'): Promise<void> {
    try {
      await this.#home.thread.engine.call('stopSession', [this.#sessionId, reason]);
    } finally {
      await this.#scope.dispose();
      this.#home.onEnded(session);
      this.#home.nudge();
    }
  }

  #settings(): SessionSettings {
    const { options, consent } = this.#home;
    const { format, sampleRate, bitrate, record, vad, bargeIn, turns } = options;
    const encoder = (speaker: Speaker): EncoderSettings => ({ format, bitrate, sampleRate: sampleRate[speaker] });
    return {
      sessionId: this.#sessionId,
      metadata: this.#metadata,
      consent,
      record,
      vad,
      bargeIn,
      turns,
      encoder: { user: encoder('user'), bot: encoder('bot') },
    };
  }

  #fail(code: 'audio_context_failed' | 'worker_failed', message: string, cause: unknown): void {
    this.#session?.fail(new TurntapeError(code, message, { cause }));
  }
}

/** A session has one context as long as none is rebuilt. */
const CLOCK_ID = 1;

function captureSetup(context: AudioContext, track: MediaStreamTrack): CaptureSetup {
  const settings = capturedSettings(track);
  const { latency } = settings;
  return {
    clockId: CLOCK_ID,
    clockRate: context.sampleRate,
    settings,
    inputLatencyMs: typeof latency === 'number' ? latency * 1000 : null,
    outputLatencyMs: outputLatencyMs(context),
  };
}

function plainJson(metadata: Record<string, unknown>): Record<string, unknown> {
  try {
    return JSON.parse(JSON.stringify(metadata)) as Record<string, unknown>;
  } catch (cause) {
    throw new TurntapeError('invalid_argument', 'metadata must be plain JSON', { field: 'metadata', cause });
  }
}
