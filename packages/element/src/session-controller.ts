import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Recorder, Session, SessionEvents, SessionRunState } from 'turntape';
import { asFailure, isNotice, isSettledByDelivery } from './failure.ts';
import type { Failure } from './failure.ts';
import { forwardSession } from './session-news.ts';
import type { SessionNews } from './session-news.ts';
import { withDelivery, withDiscarded, withInterruption, withSegment, withTurn } from './turn-list.ts';
import type { TurnList } from './turn-list.ts';

/** How far the session is. `failed`: it never began. */
export type SessionPhase = 'idle' | 'starting' | 'recording' | 'suspended' | 'stopping' | 'ended' | 'failed';

/** What a session is started with. */
export type StartRequest = Omit<NonNullable<Parameters<Recorder['startSession']>[0]>, 'signal'>;

/** What the controller needs of its house. */
export interface SessionPorts {
  recorder(): Promise<Recorder>;
  /** A session is there, and its events are being listened to. */
  began(session: Session): void;
  level(event: SessionEvents['level']): void;
  /** Every event of the session, by its own name. */
  announce<Type extends keyof SessionEvents>(type: Type, event: SessionEvents[Type]): void;
}

/** How often an open turn's running length is drawn, in milliseconds of session time. */
const RUNNING_STEP_MS = 200;

/** One session and what is known of it: the element only draws what stands here. */
export class SessionController implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #ports: SessionPorts;
  #off: (() => void) | undefined;
  #offRecorder: (() => void) | undefined;
  #starting: { session: Promise<Session>; cancel: AbortController } | undefined;
  #session: Session | undefined;
  #phase: SessionPhase = 'idle';
  #failure: Failure | undefined;
  /** The code of the failure that was dismissed: each retry of a delivery would bring it back. */
  #putAway: Failure['code'];
  #turns: TurnList = [];
  #nowMs = 0;

  constructor(host: ReactiveControllerHost, ports: SessionPorts) {
    this.#host = host;
    this.#ports = ports;
    host.addController(this);
  }

  /** The last session that was started, also after it ended. */
  get session(): Session | undefined {
    return this.#session;
  }

  get phase(): SessionPhase {
    return this.#phase;
  }

  get failure(): Failure | undefined {
    return this.#failure;
  }

  get turns(): TurnList {
    return this.#turns;
  }

  /** Session time of the last level that was measured, in milliseconds. */
  get nowMs(): number {
    return this.#nowMs;
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
    const offs = [
      recorder.on('error', (event) => {
        this.fail(event.error, false);
        this.#ports.announce('error', event);
      }),
      recorder.on('outbox', ({ pending }) => {
        if (pending === 0) this.#settleDelivery();
      }),
    ];
    this.#offRecorder = () => {
      for (const off of offs) off();
    };
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

  /** Shows a failure. `starting`: nothing is being recorded because of it. A notice that was put away stays away. */
  fail(thrown: unknown, starting: boolean): void {
    const failure = asFailure(thrown, starting);
    if (isNotice(failure) && failure.code === this.#putAway) return;
    this.#failure = failure;
    if (starting) this.#phase = 'failed';
    this.#host.requestUpdate();
  }

  /** Takes the failure away, and with it the state it left behind. The same notice does not come back until it is over. */
  dismiss(): void {
    this.#putAway = this.#failure?.code;
    this.#failure = undefined;
    if (this.#phase === 'failed') this.#phase = 'idle';
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
    this.#failure = undefined;
    this.#putAway = undefined;
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
    this.#turns = [];
    this.#nowMs = 0;
    this.#off = forwardSession(session, (news) => this.#heed(news));
    this.#to(session.state);
    this.#ports.began(session);
  }

  #heed(news: SessionNews): void {
    const before = this.#turns;
    switch (news.type) {
      case 'turn-start':
      case 'turn-end':
        this.#turns = withTurn(this.#turns, news.event.turn);
        break;
      case 'interruption':
        this.#turns = withInterruption(this.#turns, news.event);
        break;
      case 'segment-kept':
        this.#turns = withSegment(this.#turns, news.event.segment);
        break;
      case 'segment-sent':
        this.#turns = withDelivery(this.#turns, news.event.segmentId, 'sent');
        break;
      case 'segment-acknowledged':
        this.#turns = withDelivery(this.#turns, news.event.segmentId, 'acknowledged');
        this.#settleDelivery();
        break;
      case 'segment-rejected':
        this.#turns = withDelivery(this.#turns, news.event.segmentId, 'rejected');
        this.fail(news.event.error, false);
        break;
      case 'segment-discarded':
        this.#turns = withDiscarded(this.#turns, news.event);
        break;
      case 'level':
        this.#clock(news.event.atMs);
        this.#ports.level(news.event);
        break;
      case 'state':
        this.#to(news.event.state);
        break;
      case 'error':
        this.fail(news.event.error, false);
        break;
      case 'client_vad_start':
      case 'client_vad_stop':
      case 'gap':
      case 'mute':
      case 'redaction':
      case 'low-space':
      case 'microphone':
        break;
    }
    if (this.#turns !== before) this.#host.requestUpdate();
    // After our own books, so that whoever listens finds the element up to date.
    this.#ports.announce(news.type, news.event);
  }

  /** A receipt came, or nothing is left to send: whatever kept deliveries back is over. */
  #settleDelivery(): void {
    this.#putAway = undefined;
    if (!this.#failure || !isSettledByDelivery(this.#failure)) return;
    this.#failure = undefined;
    this.#host.requestUpdate();
  }

  /** Draws anew when the running time or the length of an open turn has visibly changed, not at every level. */
  #clock(atMs: number): void {
    const before = this.#nowMs;
    this.#nowMs = Math.max(before, atMs);
    const running = this.#turns.some(({ endMs }) => endMs === undefined);
    const stepMs = running ? RUNNING_STEP_MS : 1000;
    if (Math.floor(before / stepMs) !== Math.floor(this.#nowMs / stepMs)) this.#host.requestUpdate();
  }

  #to(state: SessionPhase | SessionRunState): void {
    // For a person it is all one: nothing is recorded at the moment.
    const phase = state === 'interrupted' || state === 'rebuilding' ? 'suspended' : state;
    if (this.#phase === phase) return;
    this.#phase = phase;
    this.#host.requestUpdate();
  }
}
