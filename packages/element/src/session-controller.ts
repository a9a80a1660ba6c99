import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { OutboxProgress, Recorder, Session, SessionEvents, SessionRunState } from 'turntape';
import { FailureDesk } from './failure-desk.ts';
import { SessionBook } from './session-book.ts';
import { forwardSession } from './session-news.ts';
import type { SessionNews } from './session-news.ts';
import type { HoldReason } from './texts.ts';

/** How far the session is. `failed`: it never began. `not-sampled`: it runs, and nothing of it is recorded. */
export type SessionPhase =
  | 'idle'
  | 'starting'
  | 'recording'
  | 'not-sampled'
  | 'suspended'
  | 'stopping'
  | 'ended'
  | 'failed';

/** What a session is started with. */
export type StartRequest = Omit<NonNullable<Parameters<Recorder['startSession']>[0]>, 'signal'>;

/** What the controller needs of its house. */
export interface SessionPorts {
  recorder(): Promise<Recorder>;
  /** A session is there, and its events are being listened to. */
  began(session: Session): void;
  /** Each event after our own books, before it is told. */
  heard(news: SessionNews): void;
  /** Every event of the session, by its own name. */
  announce<Type extends keyof SessionEvents>(type: Type, event: SessionEvents[Type]): void;
}

/** Runs one session after the other: starts, follows and ends it. What it tells stands in the book. */
export class SessionController implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #ports: SessionPorts;
  readonly #desk: FailureDesk;
  #off: (() => void) | undefined;
  #offRecorder: (() => void) | undefined;
  #starting: { session: Promise<Session>; cancel: AbortController } | undefined;
  #session: Session | undefined;
  #phase: SessionPhase = 'idle';
  #hold: HoldReason | undefined;
  #book = new SessionBook();
  #progress: OutboxProgress | undefined;

  constructor(host: ReactiveControllerHost, ports: SessionPorts) {
    this.#host = host;
    this.#ports = ports;
    this.#desk = new FailureDesk(() => host.requestUpdate());
    host.addController(this);
  }

  /** The last session that was started, also after it ended. */
  get session(): Session | undefined {
    return this.#session;
  }

  get phase(): SessionPhase {
    return this.#phase;
  }

  /** Why nothing is captured at the moment. */
  get hold(): HoldReason | undefined {
    return this.#phase === 'suspended' ? this.#hold : undefined;
  }

  get desk(): FailureDesk {
    return this.#desk;
  }

  get book(): SessionBook {
    return this.#book;
  }

  /** Where the outbox stands. Undefined without a target. */
  get progress(): OutboxProgress | undefined {
    return this.#progress;
  }

  /** True from the moment a session is there until it has ended. */
  get live(): boolean {
    return this.#session !== undefined && this.#session.state !== 'ended';
  }

  /** Nothing to do: the element itself decides what a move and a removal mean. */
  hostConnected(): void {}

  /** Listens to what a recorder tells of no session in particular: above all, of its deliveries. */
  follow(recorder: Recorder): void {
    this.#offRecorder?.();
    this.#progress = recorder.outbox.progress;
    const offs = [
      recorder.on('error', (event) => {
        this.fail(event.error, false);
        this.#ports.announce('error', event);
      }),
      recorder.on('outbox', (progress) => {
        this.#progress = progress;
        if (progress.pending === 0) this.#desk.settleDelivery();
        this.#host.requestUpdate();
      }),
    ];
    this.#offRecorder = () => {
      for (const off of offs) off();
    };
    this.#host.requestUpdate();
  }

  /** Starts a session, or gives the one that is starting or running. Rejects with the recorder's error. */
  start(request: StartRequest): Promise<Session> {
    if (this.#starting) return this.#starting.session;
    if (this.live && this.#session) return Promise.resolve(this.#session);
    const cancel = new AbortController();
    const session = this.#start(request, cancel.signal);
    this.#starting = { session, cancel };
    return session;
  }

  /** Ends the session: settles when every captured frame is kept. Calls off one that is only starting. */
  async stop(): Promise<void> {
    this.#starting?.cancel.abort();
    if (!this.live || !this.#session) return;
    this.#to('stopping');
    try {
      await this.#session.stop();
      this.#to('ended');
    } catch (thrown) {
      this.#to(this.#session.state);
      this.fail(thrown, false);
      throw thrown;
    }
  }

  /** Shows a failure. `starting`: nothing is being recorded because of it. */
  fail(thrown: unknown, starting: boolean): void {
    if (starting) this.#phase = 'failed';
    this.#desk.take(thrown, starting);
  }

  /** Takes the failure away, and with it the state it left behind. */
  dismiss(): void {
    if (this.#phase === 'failed') this.#phase = 'idle';
    this.#desk.dismiss();
  }

  /** Forgets a session that has ended, as if none had been. */
  forget(): void {
    if (this.live || this.#starting) return;
    this.#off?.();
    this.#off = undefined;
    this.#session = undefined;
    this.#book = new SessionBook();
    this.#desk.clear();
    this.#to('idle');
    this.#host.requestUpdate();
  }

  /** Lets go of all events. */
  release(): void {
    this.#off?.();
    this.#off = undefined;
    this.#offRecorder?.();
    this.#offRecorder = undefined;
  }

  async #start(request: StartRequest, signal: AbortSignal): Promise<Session> {
    this.#desk.clear();
    this.#to('starting');
    try {
      const recorder = await this.#ports.recorder();
      signal.throwIfAborted();
      const session = await recorder.startSession({ ...request, signal });
      this.#take(session);
      return session;
    } catch (thrown) {
      if (signal.aborted) this.#to('idle');
      else this.fail(thrown, true);
      throw thrown;
    } finally {
      this.#starting = undefined;
    }
  }

  #take(session: Session): void {
    this.#off?.();
    this.#session = session;
    this.#book = new SessionBook(session);
    this.#off = forwardSession(session, (news) => this.#heed(news));
    this.#to(session.state);
    this.#ports.began(session);
  }

  #heed(news: SessionNews): void {
    if (this.#book.heed(news)) this.#host.requestUpdate();
    if (news.type === 'state') this.#to(news.event.state);
    if (news.type === 'error') this.fail(news.event.error, false);
    if (news.type === 'segment-acknowledged') this.#desk.settleDelivery();
    // One that ended for want of room has still failed.
    if (news.type === 'segment-kept' && this.#phase === 'recording') this.#desk.settleRoom();
    this.#ports.heard(news);
    // After our own books, so that whoever listens finds the element up to date.
    this.#ports.announce(news.type, news.event);
  }

  #to(state: SessionPhase | SessionRunState): void {
    if (state === 'suspended' || state === 'interrupted' || state === 'rebuilding') this.#hold = state;
    // For a person it is all one: nothing is recorded at the moment.
    const phase = state === 'interrupted' || state === 'rebuilding' ? 'suspended' : state;
    this.#phase = phase;
    this.#host.requestUpdate();
  }
}
