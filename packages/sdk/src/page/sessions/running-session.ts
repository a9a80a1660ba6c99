import { TurntapeError } from '../../core/errors.ts';
import type { ConsentGate } from '../consent.ts';
import type { Delivery } from '../delivery/delivery.ts';
import type { Retention } from '../delivery/retention.ts';
import type { Devices } from '../microphone/devices.ts';
import type { Scope } from '../scope.ts';
import type { Session } from '../session.ts';
import type { EngineWorker } from '../threads.ts';
import { KnownSessions } from './known-sessions.ts';
import type { SessionHome } from './session-opening.ts';
import { type StartSessionOptions, startSession } from './start-session.ts';

/** What a recorder lends its sessions, and what becomes of them is told. */
export interface RunningSessionParts extends Pick<
  SessionHome,
  'options' | 'assets' | 'thread' | 'db' | 'persistence' | 'files'
> {
  scope: Pick<Scope, 'disposed'>;
  consent: ConsentGate;
  devices: Pick<Devices, 'chosen'>;
  delivery: Pick<Delivery, 'nudge' | 'whenDelivered'>;
  retention: Pick<Retention, 'sweep'>;
  /** Nothing of it has been told yet. */
  onBegun: (session: Session) => void;
  onError: (error: TurntapeError) => void;
}

/** The one session that runs: how it starts and ends, and what its engine and its storage do to it. */
export class RunningSession {
  readonly #parts: RunningSessionParts;
  readonly #known = new KnownSessions();
  #session: Session | undefined;
  #starting = false;

  constructor(parts: RunningSessionParts) {
    this.#parts = parts;
  }

  get session(): Session | undefined {
    return this.#session;
  }

  /** The one of this id that runs, or ran and may still be told something. */
  find(sessionId: string | undefined): Session | undefined {
    return sessionId === undefined ? undefined : this.#known.get(sessionId);
  }

  /** Errors: `consent_required`, `session_active`, `disposed`; those of a microphone and its context. */
  async start(options: StartSessionOptions): Promise<Session> {
    const { scope, consent, devices, delivery } = this.#parts;
    if (scope.disposed) throw disposed();
    const given = consent.require();
    if (this.#session || this.#starting)
      throw new TurntapeError('session_active', 'a session is running: stop it first');
    this.#starting = true;
    try {
      const session = await startSession(
        {
          ...this.#parts,
          consent: given,
          requireConsent: () => void consent.require(),
          chosen: devices.chosen,
          nudge: () => delivery.nudge(),
          whenDelivered: (sessionId, signal) => delivery.whenDelivered(sessionId, signal),
          onSession: (opened) => {
            this.#session = opened;
            this.#known.add(opened);
            this.#parts.onBegun(opened);
          },
          onEnded: (ended) => this.#ended(ended),
        },
        options,
      );
      if (!scope.disposed) return session;
      // Its engine is gone: nobody else would end it, and what it promised would never settle.
      await session.stop().catch(() => undefined);
      throw disposed();
    } finally {
      this.#starting = false;
    }
  }

  /** Nobody is told anything any more. */
  clear(): void {
    this.#known.clear();
  }

  /** Nothing can be kept any more. Another tab with newer code must not wait for this one, and may recover what is here. */
  databaseClosed(reason: 'upgraded' | 'terminated'): void {
    const message =
      reason === 'upgraded'
        ? 'a newer version of this page runs in another tab and has taken over the storage: reload this one'
        : 'the browser closed the storage of this site, as when its data are cleared: reload the page';
    const error = new TurntapeError('storage_unavailable', message);
    this.#session?.end(error);
    this.#parts.onError(error);
  }

  /** The engine crashed, and another took its place: the session goes on. */
  async engineRestarted(worker: EngineWorker, cause: TurntapeError): Promise<void> {
    const session = this.#session;
    await session?.revive(worker);
    const message =
      'the engine crashed and another has taken its place; ports from session.bot.port and the vadChannel died with it';
    const error = new TurntapeError('engine_restarted', message, { cause });
    if (session) session.fail(error);
    else this.#parts.onError(error);
  }

  /** The engine crashed, and none took its place. */
  engineLost(error: TurntapeError): void {
    if (this.#parts.scope.disposed) return;
    this.#session?.fail(error);
    this.#parts.onError(error);
  }

  #ended(session: Session): void {
    // One whose start failed may end when the next one runs already.
    if (this.#session === session) this.#session = undefined;
    const { retention, options, delivery } = this.#parts;
    const release = (): void => this.#known.release(session);
    // What was acknowledged while it ran was not touched.
    retention.sweep();
    if (!options.target) return release();
    // One that was refused stays held: the app may let it be sent after all.
    delivery.whenDelivered(session.sessionId, undefined).then(release, () => undefined);
  }
}

const disposed = (): TurntapeError => new TurntapeError('disposed', 'the recorder was disposed');
