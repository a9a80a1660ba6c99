import { Emitter, type Off } from '../core/emitter.ts';
import { TurntapeError, fromErrorFacts, toErrorFacts } from '../core/errors.ts';
import type { Diagnosis } from '../core/diagnosis.ts';
import type { DroppedEvent, LowSpaceEvent } from '../core/events.ts';
import type { EngineFact } from '../core/messages/page-engine.ts';
import { type Peaks, unpackPeaks } from '../core/peaks.ts';
import { isSealed } from '../core/seal.ts';
import type { VadModel } from '../core/settings.ts';
import type { TurntapeDatabase } from '../storage/database.ts';
import { readPeaks } from '../storage/peaks.ts';
import { readAudio } from '../storage/segments.ts';
import type { AssetUrls } from './assets.ts';
import { ConsentGate, type ConsentGrant } from './consent.ts';
import { diagnose } from './diagnosis/diagnose.ts';
import { type EraseSessionOptions, type ErasureParts, eraseEverything, eraseOne } from './erasure.ts';
import { Devices } from './microphone/devices.ts';
import { Delivery, type DeliveryNews, type OutboxProgress, type OutboxView } from './delivery/delivery.ts';
import { BackgroundSync } from './delivery/background-sync.ts';
import type { CheckedOptions } from './options/options.ts';
import { watchPageExit } from './page-exit.ts';
import { KnownSessions } from './sessions/known-sessions.ts';
import { Retention } from './delivery/retention.ts';
import { tellRoom } from './room.ts';
import { SessionFiles } from './files.ts';
import type { Persistence } from './delivery/persistence.ts';
import { Scope } from './scope.ts';
import { type HoldOptions, type SessionHold, SessionHolds } from './sessions/session-holds.ts';
import type { Session } from './session.ts';
import { type StartSessionOptions, startSession } from './sessions/start-session.ts';
import { type StoredSession, readStoredSession, readStoredSessions } from './sessions/stored-sessions.ts';
import type { EngineLife } from './engine-life.ts';
import type { EngineWorker } from './threads.ts';

/** What a recorder tells, by event name. */
export interface RecorderEvents {
  /** A failure that nobody awaits and that belongs to no session. */
  error: { error: TurntapeError };
  /** The detector in charge: the one asked for, or `energy` after a failure. */
  'vad-model': { model: VadModel; error: TurntapeError | undefined };
  /** The outbox moved. */
  outbox: OutboxProgress;
  /** A limit took something from this device before its time. */
  dropped: DroppedEvent;
  /** Little room is left: what the running session tells, too. */
  'low-space': LowSpaceEvent;
}

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
    () => this.#session,
    (thrown) => this.#fail(toTurntapeError(thrown)),
  );
  readonly #sessions = new KnownSessions();
  #background: BackgroundSync | undefined;
  #session: Session | undefined;
  #starting = false;

  /** @internal */
  constructor(parts: RecorderParts) {
    this.#parts = parts;
    const { options, db, thread } = parts;
    this.#consent = new ConsentGate(options.consent);
    const onDropped = (event: DroppedEvent): void => this.#events.emit('dropped', event);
    parts.news.dropped = onDropped;
    parts.news.closed = (reason) => this.#databaseClosed(reason);
    this.#retention = new Retention(db, options.retention, {
      onDropped,
      onError: (error) => this.#fail(error),
    });
    this.#holds = new SessionHolds(db, {
      onReleased: () => this.#retention.sweep(),
      onError: (error) => this.#fail(error),
    });
    const news: DeliveryNews = {
      session: (sessionId) => this.#sessions.get(sessionId),
      onError: (error) => this.#fail(error),
      onProgress: (progress) => {
        if (progress.restsUntilMs !== undefined) this.#background?.ask();
        this.#events.emit('outbox', progress);
      },
      onAcknowledged: () => this.#retention.acknowledged(),
    };
    this.#delivery = new Delivery(db, options.target, news, options.upload === 'manual');
    if (options.backgroundSync) {
      const hasPending = (): boolean => this.#delivery.mayHavePending;
      this.#background = new BackgroundSync(this.#scope, { hasPending, onError: (error) => this.#fail(error) });
    }
    watchPageExit(this.#scope, {
      db,
      session: () => this.#session,
      sendLast: () => this.#delivery.sendLast(),
      onError: (thrown) => this.#fail(toTurntapeError(thrown)),
    });
    thread.facts.receive((fact) => this.#take(fact));
    this.#scope.add(() => this.#sessions.clear());
    this.#scope.add(() => db.close());
    this.#scope.add(() => thread.terminate());
    this.#scope.add(() => this.#retention.dispose());
    this.#scope.add(() => this.#holds.dispose());
    this.#scope.add(() => this.#delivery.dispose());
    this.#scope.add(async () => void (await this.#session?.stop()));
  }

  /** What is kept and not yet acknowledged: pause, resume, retry, count. */
  get outbox(): OutboxView {
    return this.#delivery;
  }

  /** The session that is running, if there is one. */
  get session(): Session | undefined {
    return this.#session;
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
    await (erase ? eraseEverything(this.#erasure) : this.#session?.stop());
  }

  /**
   * Opens the microphone and starts a session; call it from a click. Errors: `consent_required`, `microphone_denied`,
   * `microphone_not_found`, `microphone_busy`, `microphone_failed`, `audio_context_suspended`, `session_active`,
   * `invalid_session_id`.
   */
  async startSession(options: StartSessionOptions = {}): Promise<Session> {
    if (this.#scope.disposed) throw new TurntapeError('disposed', 'the recorder was disposed');
    const consent = this.#consent.require();
    if (this.#session || this.#starting)
      throw new TurntapeError('session_active', 'a session is running: stop it first');
    this.#starting = true;
    try {
      const session = await startSession(
        {
          ...this.#parts,
          consent,
          requireConsent: () => void this.#consent.require(),
          chosen: this.devices.chosen,
          files: (sessionId) => this.files(sessionId),
          nudge: () => this.#delivery.nudge(),
          whenDelivered: (sessionId, signal) => this.#delivery.whenDelivered(sessionId, signal),
          onSession: (session) => {
            this.#session = session;
            this.#sessions.add(session);
          },
          onEnded: (session) => this.#ended(session),
        },
        options,
      );
      if (!this.#scope.disposed) return session;
      // Its engine is gone: nobody else would end it, and what it promised would never settle.
      await session.stop().catch(() => undefined);
      throw new TurntapeError('disposed', 'the recorder was disposed');
    } finally {
      this.#starting = false;
    }
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
  async readAudio(segmentId: string): Promise<ArrayBuffer | undefined> {
    const audio = await readAudio(this.#parts.db, segmentId);
    if (audio && isSealed(new Uint8Array(audio)))
      throw new TurntapeError('audio_sealed', 'this file is sealed: only the backend can open it');
    return audio;
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
    return diagnose({ options, chosen, db, session: this.#session, delivery: this.#delivery, requireConsent }, signal);
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
    const { options, thread } = this.#parts;
    await thread.begin(options.vad?.model ?? null, {
      onRestarted: (worker, died) => this.#engineRestarted(worker, died),
      onLost: (error) => this.#engineLost(error),
    });
    this.#retention.sweep();
    this.#delivery.nudge();
  }

  get #erasure(): ErasureParts {
    const { db, options } = this.#parts;
    return { db, delivery: this.#delivery, hasTarget: options.target !== undefined, running: this.#session };
  }

  #ended(session: Session): void {
    // One whose start failed may end when the next one runs already.
    if (this.#session === session) this.#session = undefined;
    const release = (): void => this.#sessions.release(session);
    // What was acknowledged while it ran was not touched.
    this.#retention.sweep();
    if (!this.#parts.options.target) return release();
    // One that was refused stays held: the app may let it be sent after all.
    this.#delivery.whenDelivered(session.sessionId, undefined).then(release, () => undefined);
  }

  #take(fact: EngineFact): void {
    if (fact.type === 'vad-model') {
      const error = fact.error && fromErrorFacts(fact.error);
      this.#events.emit('vad-model', { model: fact.model, error });
      if (error) this.#fail(error);
      return;
    }
    if (fact.type === 'room-asked') {
      tellRoom(this.#parts.thread.engine).catch((thrown: unknown) => {
        if (!this.#scope.disposed) this.#fail(toTurntapeError(thrown));
      });
      return;
    }
    if (fact.type === 'dropped') {
      this.#events.emit('dropped', fact.event);
      return;
    }
    if (fact.type === 'low-space') this.#events.emit('low-space', fact.event);
    const session = fact.sessionId === undefined ? undefined : this.#sessions.get(fact.sessionId);
    if (session) session.take(fact);
    else if (fact.type === 'error') this.#fail(fromErrorFacts(fact.error));
    if (fact.type === 'segment-kept') this.#delivery.nudge();
  }

  /** Nothing can be kept any more. Another tab with newer code must not wait for this one, and may recover what is here. */
  #databaseClosed(reason: 'upgraded' | 'terminated'): void {
    const message =
      reason === 'upgraded'
        ? 'a newer version of this page runs in another tab and has taken over the storage: reload this one'
        : 'the browser closed the storage of this site, as when its data are cleared: reload the page';
    const error = new TurntapeError('storage_unavailable', message);
    this.#session?.end(error);
    this.#fail(error);
  }

  async #engineRestarted(worker: EngineWorker, cause: TurntapeError): Promise<void> {
    const session = this.#session;
    await session?.revive(worker);
    const message =
      'the engine crashed and another has taken its place; ports from session.bot.port and the vadChannel died with it';
    const error = new TurntapeError('engine_restarted', message, { cause });
    if (session) session.fail(error);
    else this.#fail(error);
  }

  #engineLost(error: TurntapeError): void {
    if (this.#scope.disposed) return;
    this.#session?.fail(error);
    this.#fail(error);
  }

  #fail(error: TurntapeError): void {
    this.#events.emit('error', { error });
  }
}

function toTurntapeError(thrown: unknown): TurntapeError {
  return thrown instanceof TurntapeError ? thrown : fromErrorFacts(toErrorFacts(thrown, 'worker_failed'));
}
