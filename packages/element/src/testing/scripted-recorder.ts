import type { AudioDevice, OutboxProgress, Recorder, RecorderEvents } from 'turntape';
import { ScriptedSession } from './scripted-session.ts';

type Listener = (event: never) => void;

/** An outbox with nothing in it. */
export const NOTHING_PENDING: OutboxProgress = {
  pending: 0,
  pendingSegments: 0,
  pendingBytes: 0,
  sending: 0,
  rejected: 0,
  acknowledgedSegments: 0,
  acknowledgedBytes: 0,
  remainingMs: undefined,
  restsUntilMs: undefined,
  paused: false,
};

/** Two microphones and two loudspeakers. */
export const DEVICES: readonly AudioDevice[] = [
  { kind: 'input', deviceId: 'built-in', label: 'Built-in Microphone' },
  { kind: 'input', deviceId: 'headset', label: 'Studio Headset' },
  { kind: 'output', deviceId: 'speakers', label: 'Built-in Speakers' },
  { kind: 'output', deviceId: 'headset', label: 'Studio Headset' },
];

/** A recorder that opens no microphone and keeps nothing: it does what a test tells it to do. */
export class ScriptedRecorder {
  readonly consents: { subject: string; textVersion: string }[] = [];
  readonly requests: object[] = [];
  readonly sessions: ScriptedSession[] = [];
  readonly files = new Map<string, ArrayBuffer>();
  /** Sessions that were erased, and whether the backend was asked, too. */
  readonly erased: { sessionId: string; atTarget?: boolean }[] = [];
  readonly revoked: { erase?: boolean }[] = [];
  /** What was asked of devices and outbox, in order. */
  readonly asked: string[] = [];
  disposed = false;
  known: readonly AudioDevice[] = DEVICES;
  /** Undefined: as without a target. */
  progress: OutboxProgress | undefined = NOTHING_PENDING;
  /** What the next choice of a device fails with. */
  deviceFailure: Error | undefined;
  readonly #deviceListeners = new Set<Listener>();
  readonly devices = {
    list: async (): Promise<readonly AudioDevice[]> => this.known,
    on: (_type: 'change', listener: Listener): (() => void) => {
      this.#deviceListeners.add(listener);
      return () => this.#deviceListeners.delete(listener);
    },
    setMicrophone: async ({ deviceId }: { deviceId: string }): Promise<void> => this.#choose('microphone', deviceId),
    setOutput: async ({ deviceId }: { deviceId: string }): Promise<void> => this.#choose('output', deviceId),
  };
  readonly outbox = {
    retry: async (): Promise<void> => void this.asked.push('retry'),
    resume: (): void => void this.asked.push('resume'),
    getProgress: (): OutboxProgress | undefined => this.progress,
    get progress(): OutboxProgress | undefined {
      return this.getProgress();
    },
  };
  /** What the next start fails with. */
  refusal: Error | undefined;
  /** When set, a start waits for it. */
  gate: Promise<void> | undefined;

  readonly #listeners = new Map<string, Set<Listener>>();

  on(type: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** How many listeners are left, over all events. */
  get listenerCount(): number {
    return [...this.#listeners.values(), this.#deviceListeners].reduce((sum, { size }) => sum + size, 0);
  }

  /** Devices came or went. */
  plug(known: readonly AudioDevice[]): void {
    this.known = known;
    for (const listener of this.#deviceListeners) listener({ devices: known } as never);
  }

  emit<Type extends keyof RecorderEvents>(type: Type, event: RecorderEvents[Type]): void {
    if (type === 'outbox') this.progress = event as OutboxProgress;
    for (const listener of this.#listeners.get(type) ?? []) listener(event as never);
  }

  async revokeConsent(options: { erase?: boolean }): Promise<void> {
    this.revoked.push(options);
  }

  async erase(choice: { sessionId: string; atTarget?: boolean }): Promise<void> {
    this.erased.push(choice);
  }

  async grantConsent(consent: { subject: string; textVersion: string }): Promise<void> {
    this.consents.push(consent);
  }

  async startSession(request: { signal?: AbortSignal } = {}): Promise<ScriptedSession> {
    this.requests.push(request);
    await this.gate;
    request.signal?.throwIfAborted();
    const { refusal } = this;
    this.refusal = undefined;
    if (refusal) throw refusal;
    // A UUID, as the real ones: the same ones in the same order.
    const session = new ScriptedSession(`5e551000-0000-4000-8000-00000000000${this.sessions.length + 1}`);
    this.sessions.push(session);
    return session;
  }

  async readAudio(segmentId: string): Promise<ArrayBuffer | undefined> {
    return this.files.get(segmentId);
  }

  async dispose(): Promise<void> {
    this.disposed = true;
  }

  #choose(kind: 'microphone' | 'output', deviceId: string): void {
    this.asked.push(`${kind} ${deviceId}`);
    const { deviceFailure } = this;
    this.deviceFailure = undefined;
    if (deviceFailure) throw deviceFailure;
  }

  /** As the element knows it. */
  get asRecorder(): Recorder {
    return this as unknown as Recorder;
  }

  /** The session that was started last. */
  get last(): ScriptedSession {
    const session = this.sessions.at(-1);
    if (!session) throw new Error('No session was started.');
    return session;
  }
}
