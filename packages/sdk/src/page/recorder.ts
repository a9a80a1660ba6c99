import { Emitter, type Off } from '../core/emitter.ts';
import { TurntapeError, fromErrorFacts, toErrorFacts } from '../core/errors.ts';
import type { Diagnosis } from '../core/diagnosis.ts';
import type { DroppedEvent } from '../core/events.ts';
import { type Peaks, unpackPeaks } from '../core/peaks.ts';
import type { TurntapeDatabase } from '../storage/database.ts';
import { readPeaks } from '../storage/peaks.ts';
import type { AssetUrls } from './assets.ts';
import { ConsentGate, type ConsentGrant } from './consent.ts';
import { diagnose } from './diagnosis/diagnose.ts';
import { type FactListeners, takeFact } from './engine-facts.ts';
import { type EraseSessionOptions, type ErasureParts, eraseEverything, eraseOne } from './erasure.ts';
import { Devices } from './microphone/devices.ts';
import { Delivery, type DeliveryNews, type OutboxView } from './delivery/delivery.ts';
import { BackgroundSync } from './delivery/background-sync.ts';
import type { CheckedOptions } from './options/options.ts';
import { watchPageExit } from './page-exit.ts';
import { Retention } from './delivery/retention.ts';
import type { RecorderEvents } from './recorder-events.ts';
import { SessionFiles } from './files.ts';
import type { Persistence } from './delivery/persistence.ts';
import { Scope } from './scope.ts';
import { type HoldOptions, type SessionHold, SessionHolds } from './sessions/session-holds.ts';
import type { Session } from './session.ts';
import { RunningSession } from './sessions/running-session.ts';
import type { StartSessionOptions } from './sessions/start-session.ts';
import {
  type StoredSession,
  readOpenAudio,
  readStoredSession,
  readStoredSessions,
} from './sessions/stored-sessions.ts';
import type { EngineLife } from './engine-life.ts';
import { tellHeard } from './transcripts.ts';

/** What the database tells, from before there is a recorder to hear it. */
export interface DatabaseNews {
  closed: (reason: 'upgraded' | 'terminated') => void;
  dropped: (event: DroppedEvent) => void;
}

/** What `createRecorder` has opened for it. */
export interface RecorderParts {
  options: CheckedOptions;
  assets: AssetUrls;
  db: TurntapeDatabase;
  thread: EngineLife;
  persistence: Persistence;
  news: DatabaseNews;
}

/** Records sessions, keeps what they made, and delivers it. `createRecorder()` makes it. */
export class Recorder implements AsyncDisposable {
  readonly #parts: RecorderParts;
  readonly #consent: ConsentGate;
  readonly #delivery: Delivery;
  readonly #retention: Retention;
  readonly #holds: SessionHolds;
  readonly #events = new Emitter<RecorderEvents>((thrown, type) => {
    if (type !== 'error') this.#fail(toTurntapeError(thrown));
  });
  readonly #scope = new Scope((thrown) => this.#fail(toTurntapeError(thrown)));
  /** Which microphone and loudspeaker there are, and which are used. */
  readonly devices = new Devices(
    this.#scope,
    () => this.session,
    (thrown) => this.#fail(toTurntapeError(thrown)),
  );
  readonly #running: RunningSession;
  #background: BackgroundSync | undefined;

  /** @internal */
  constructor(parts: RecorderParts) {
    this.#parts = parts;
    const { options, db, thread } = parts;
    this.#consent = new ConsentGate(options.consent);
    const onError = (error: TurntapeError): void => this.#fail(error);
    const onDropped = (event: DroppedEvent): void => this.#events.emit('dropped', event);
    parts.news.dropped = onDropped;
    parts.news.closed = (reason) => this.#running.databaseClosed(reason);
    this.#retention = new Retention(db, options.retention, { onDropped, onError });
    this.#holds = new SessionHolds(db, { onReleased: () => this.#retention.sweep(), onError });
    const news: DeliveryNews = {
      session: (sessionId) => this.#running.find(sessionId),
      onError,
      onProgress: (progress) => {
        if (progress.restsUntilMs !== undefined) this.#background?.ask();
        this.#events.emit('outbox', progress);
      },
      onAcknowledged: () => this.#retention.acknowledged(),
      onRetry: (event) => this.#events.emit('delivery-retry', event),
    };
    this.#delivery = new Delivery(db, options.target, news, options.upload === 'manual');
    this.#running = new RunningSession({
      ...parts,
      scope: this.#scope,
      consent: this.#consent,
      devices: this.devices,
      delivery: this.#delivery,
      retention: this.#retention,
      files: (sessionId) => this.files(sessionId),
      onBegun: (session) => this.#events.emit('session', { session }),
      onError,
    });
    if (options.backgroundSync) {
      const hasPending = (): boolean => this.#delivery.mayHavePending;
      this.#background = new BackgroundSync(this.#scope, { hasPending, onError });
    }
    watchPageExit(this.#scope, {
      db,
      session: () => this.session,
      sendLast: () => this.#delivery.sendLast(),
      onError: (thrown) => this.#fail(toTurntapeError(thrown)),
    });
    const listeners: FactListeners = {
      events: this.#events,
      engine: () => thread.engine,
      session: (sessionId) => this.#running.find(sessionId),
      nudge: () => this.#delivery.nudge(),
      onError,
      onUnanswered: (thrown) => !this.#scope.disposed && this.#fail(toTurntapeError(thrown)),
    };
    thread.facts.receive((fact) => takeFact(fact, listeners));
    this.#scope.add(() => this.#running.clear());
    this.#scope.add(() => db.close());
    this.#scope.add(() => thread.terminate());
    this.#scope.add(() => this.#retention.dispose());
    this.#scope.add(() => this.#holds.dispose());
    this.#scope.add(() => this.#delivery.dispose());
    this.#scope.add(async () => void (await this.session?.stop()));
  }

  /** What is kept and not yet acknowledged: pause, resume, retry, count. */
  get outbox(): OutboxView {
    return this.#delivery;
  }

  /** The session that is running, if there is one. */
  get session(): Session | undefined {
    return this.#running.session;
  }

  /** Listens to one kind of event; the returned function stops. */
  on<Type extends keyof RecorderEvents>(type: Type, listener: (event: RecorderEvents[Type]) => void): Off {
    return this.#events.on(type, listener);
  }

  /** Opens the gate for the sessions that follow; the record travels with each. Error: `invalid_argument`. */
  async grantConsent(grant: ConsentGrant): Promise<void> {
    this.#consent.grant(grant, Date.now());
  }

  /**
   * Closes the gate: a running session is stopped. With `erase` everything on this device is erased, what is under way is ended,
   * and the target is asked to erase every session that was here; the asking waits in the outbox like anything else until it is
   * answered. Errors: those of `session.stop()`, after the erasure.
   */
  async revokeConsent({ erase = false }: { erase?: boolean } = {}): Promise<void> {
    this.#consent.revoke();
    await (erase ? eraseEverything(this.#erasure) : this.session?.stop());
  }

  /**
   * Opens the microphone and starts a session; call it from a click. Errors: `consent_required`, `microphone_denied`,
   * `microphone_not_found`, `microphone_busy`, `microphone_failed`, `audio_context_suspended`, `session_active`,
   * `invalid_session_id`.
   */
  startSession(options: StartSessionOptions = {}): Promise<Session> {
    return this.#running.start(options);
  }

  /** Everything on this device, newest session first, recovered ones included. */
  sessions(): Promise<StoredSession[]> {
    return readStoredSessions(this.#parts.db);
  }

  /** One session on this device, or undefined. */
  readSession(sessionId: string): Promise<StoredSession | undefined> {
    return readStoredSession(this.#parts.db, sessionId.toLowerCase());
  }

  /** The file of a kept segment; undefined when retention let it go. Error: `audio_sealed`: only the backend opens it. */
  readAudio(segmentId: string): Promise<ArrayBuffer | undefined> {
    return readOpenAudio(this.#parts.db, segmentId);
  }

  /**
   * The outline of a kept segment, for drawing: made while it was recorded, else now, in the engine, and kept. Undefined when
   * its file is not here. Errors: `audio_sealed`; `unsupported_format`: an MP3 whose outline was not kept; `aborted`.
   */
  async readPeaks(segmentId: string, { signal }: { signal?: AbortSignal } = {}): Promise<Peaks | undefined> {
    const { db, thread } = this.#parts;
    const packed = (await readPeaks(db, segmentId)) ?? (await thread.engine.call('makePeaks', [segmentId], { signal }));
    return packed ? unpackPeaks(packed) : undefined;
  }

  /** Makes files of a session on this device: one of `sessions()`, or the running one. */
  files(sessionId: string): SessionFiles {
    const { options, thread } = this.#parts;
    const { format, bitrate } = options;
    const { engine } = thread;
    return new SessionFiles({ sessionId: sessionId.toLowerCase(), engine, holds: this.#holds, format, bitrate });
  }

  /**
   * What stands in the way between the person's mouth and the backend: each with a code, and the way out. It opens nothing and
   * asks the person nothing; it writes a few bytes to the disk, and asks the backend for a sign of life when the target has
   * `check`. For a help page, a support ticket, a “something is wrong” button. Errors: `aborted`, `disposed`.
   */
  async diagnose({ signal }: { signal?: AbortSignal } = {}): Promise<Diagnosis> {
    if (this.#scope.disposed) throw new TurntapeError('disposed', 'the recorder was disposed');
    const { options, db } = this.#parts;
    const requireConsent = (): void => void this.#consent.require();
    const chosen = this.devices.chosen.microphone;
    return diagnose({ options, chosen, db, session: this.session, delivery: this.#delivery, requireConsent }, signal);
  }

  /**
   * Keeps a session on this device while somebody reads of it: retention takes nothing of it until the hold is released or its
   * time is over; a full disk takes it last, and what the backend has first. `erase()` and `revokeConsent()` are stronger. Files
   * hold their session by themselves. Errors: `invalid_argument`: it is not on this device; `invalid_option`;
   * `storage_failed`, `storage_full`.
   */
  hold(sessionId: string, options?: HoldOptions): Promise<SessionHold> {
    return this.#holds.take(sessionId, options);
  }

  /**
   * Erases one session from this device, what waits in the outbox, is under way, or is held ready for a page's exit included,
   * in every tab; with `atTarget` the target is asked to erase it, too. Errors: `session_active`; `invalid_option` without a
   * target.
   */
  erase(options: EraseSessionOptions): Promise<void> {
    return eraseOne(this.#erasure, options);
  }

  /** Stops a running session and lets go of everything. What is in the outbox is sent at the next start. */
  dispose(): Promise<void> {
    return this.#scope.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  /** @internal */
  async open(): Promise<void> {
    const { options, thread, db } = this.#parts;
    const recovered = await thread.begin(options.vad?.model ?? null, {
      onRestarted: (worker, died) => this.#running.engineRestarted(worker, died),
      onLost: (error) => this.#running.engineLost(error),
    });
    // Before one of them can be gone on with.
    for (const sessionId of recovered)
      await tellHeard(db, sessionId).catch((thrown: unknown) => this.#fail(toTurntapeError(thrown)));
    this.#retention.sweep();
    this.#delivery.nudge();
  }

  get #erasure(): ErasureParts {
    const { db, options } = this.#parts;
    return { db, delivery: this.#delivery, hasTarget: options.target !== undefined, running: this.session };
  }

  #fail(error: TurntapeError): void {
    this.#events.emit('error', { error });
  }
}

function toTurntapeError(thrown: unknown): TurntapeError {
  return thrown instanceof TurntapeError ? thrown : fromErrorFacts(toErrorFacts(thrown, 'worker_failed'));
}
