import type { Recorder, RecorderEvents, Segment, Session, SessionEvents, Turn } from 'turntape';

type Listener = (event: never) => void;

/** A session that says what a test tells it to say. */
export class ScriptedSession {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly sessionId: string;
  state: SessionEvents['state']['state'] = 'recording';

  constructor(sessionId: string) {
    this.sessionId = sessionId;
  }

  on(type: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** How many listeners are left, over all events. */
  get listenerCount(): number {
    return [...this.#listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }

  emit<Type extends keyof SessionEvents>(type: Type, event: SessionEvents[Type]): void {
    if (type === 'state') this.state = (event as SessionEvents['state']).state;
    for (const listener of this.#listeners.get(type) ?? []) listener(event as never);
  }

  async stop(): Promise<void> {
    this.emit('state', { state: 'stopping' });
    this.emit('state', { state: 'ended' });
  }

  /** A turn that has begun. */
  startTurn(turnId: string, speaker: Turn['speaker'], startMs: number): Turn {
    const turn: Turn = {
      turnId,
      speaker,
      epoch: 0,
      startFrame: startMs * 48,
      startMs,
      endFrame: undefined,
      endMs: undefined,
      startedAt: 1_700_000_000_000 + startMs,
      endReason: undefined,
      interrupted: false,
      interruptionCause: undefined,
      overlapsTurnId: undefined,
      utteranceIds: [],
    };
    this.emit('turn-start', { turn });
    return turn;
  }

  endTurn(turn: Turn, endMs: number, over: Partial<Turn> = {}): void {
    const ended: Turn = { ...turn, endFrame: endMs * 48, endMs, endReason: 'speech_end', ...over };
    this.emit('turn-end', { turn: ended });
  }

  /** The user took the floor. */
  cut(turn: Turn, heardMs: number, generatedMs: number): void {
    const { turnId, epoch } = turn;
    const cut = { turnId, utteranceId: 'u', cause: 'client_vad', epoch, cutFrame: heardMs * 48 } as const;
    this.emit('interruption', { ...cut, renderedMs: heardMs + 20, heardMs, generatedMs });
    this.endTurn(turn, turn.startMs + heardMs, { interrupted: true, endReason: 'interrupted' });
  }

  /** The file of a turn is durable. */
  keep(turn: Turn, segmentId: string, over: Partial<Segment> = {}): void {
    const { turnId, speaker } = turn;
    const file = { segmentId, turnId, speaker, part: 1, isLast: true, byteSize: 4000, durationMs: 1000 };
    const none = { interrupted: false, heardMs: null, generatedMs: null, responseLatencyMs: null };
    this.emit('segment-kept', { segment: { ...file, ...none, ...over } as Segment });
  }
}

/** A recorder that opens no microphone and keeps nothing: it does what a test tells it to do. */
export class ScriptedRecorder {
  readonly consents: { subject: string; textVersion: string }[] = [];
  readonly requests: object[] = [];
  readonly sessions: ScriptedSession[] = [];
  readonly files = new Map<string, ArrayBuffer>();
  disposed = false;
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
    return [...this.#listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }

  emit<Type extends keyof RecorderEvents>(type: Type, event: RecorderEvents[Type]): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event as never);
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
    const session = new ScriptedSession(`session-${this.sessions.length + 1}`);
    this.sessions.push(session);
    return session;
  }

  async readAudio(segmentId: string): Promise<ArrayBuffer | undefined> {
    return this.files.get(segmentId);
  }

  async dispose(): Promise<void> {
    this.disposed = true;
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

/** The same session, as the element shows it. */
export const asSession = (session: ScriptedSession): Session => session as unknown as Session;

/** A WAV file with a quiet tone in it: 16 bit, mono, 8000 Hz. */
export function toneWav(durationMs: number): ArrayBuffer {
  const samples = Math.round(durationMs * 8);
  const file = new DataView(new ArrayBuffer(44 + samples * 2));
  const text = (at: number, value: string): void => {
    for (let index = 0; index < value.length; index += 1) file.setUint8(at + index, value.charCodeAt(index));
  };
  text(0, 'RIFF');
  file.setUint32(4, 36 + samples * 2, true);
  text(8, 'WAVEfmt ');
  file.setUint32(16, 16, true);
  file.setUint16(20, 1, true);
  file.setUint16(22, 1, true);
  file.setUint32(24, 8000, true);
  file.setUint32(28, 16000, true);
  file.setUint16(32, 2, true);
  file.setUint16(34, 16, true);
  text(36, 'data');
  file.setUint32(40, samples * 2, true);
  for (let index = 0; index < samples; index += 1) {
    file.setInt16(44 + index * 2, Math.round(600 * Math.sin(index / 3)), true);
  }
  return file.buffer;
}
