import type { Segment, Session, SessionEvents, SessionMicrophone, Transcript, Turn } from 'turntape';

type Listener = (event: never) => void;

/** A session that says what a test tells it to say. */
export class ScriptedSession {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly sessionId: string;
  state: SessionEvents['state']['state'] = 'recording';
  muted = false;
  deafened = false;
  microphone: SessionMicrophone = { state: 'live', label: 'Built-in Microphone', deviceId: 'built-in' };
  /** What was asked of it, in order. */
  readonly asked: string[] = [];
  readonly user = {
    startTurn: (): { turnId: string } => {
      this.asked.push('startTurn');
      this.#held = this.startTurn(crypto.randomUUID(), 'user', this.#nowMs);
      return this.#held;
    },
    endTurn: (): void => {
      this.asked.push('endTurn');
      if (this.#held) this.endTurn(this.#held, this.#nowMs + 1, { endReason: 'manual' });
      this.#held = undefined;
    },
  };
  readonly bot = {
    volume: 1,
    setVolume: (volume: number): void => {
      this.asked.push(`setVolume ${volume}`);
      this.bot.volume = volume;
      this.emit('volume', { volume, epoch: 0, frame: this.#nowMs * 48, atMs: this.#nowMs });
    },
  };
  readonly files = {
    export: async (): Promise<{ blob: Blob; facts: { format: 'opus' } }> => {
      this.asked.push('export');
      await this.saving;
      return { blob: new Blob(['OggS']), facts: { format: 'opus' } };
    },
    bundle: async (): Promise<Blob> => {
      this.asked.push('bundle');
      await this.saving;
      return new Blob(['PK']);
    },
  };
  /** When set, a file is made when it settles. */
  saving: Promise<void> | undefined;
  #held: Turn | undefined;
  #nowMs = 0;

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
    if (type === 'level') this.#nowMs = Math.max(this.#nowMs, (event as SessionEvents['level']).atMs);
    for (const listener of this.#listeners.get(type) ?? []) listener(event as never);
  }

  async mute(): Promise<void> {
    this.#mute(true);
  }

  async unmute(): Promise<void> {
    this.#mute(false);
  }

  async deafen(): Promise<void> {
    this.#deafen(true);
  }

  async undeafen(): Promise<void> {
    this.#deafen(false);
  }

  async resume(): Promise<void> {
    this.asked.push('resume');
    this.emit('state', { state: 'recording' });
  }

  /** Loud or silent, from one place of the session to another, as the engine tells it: every 50 ms. */
  speak(speaker: Turn['speaker'], fromMs: number, toMs: number, rmsDb: (atMs: number) => number): void {
    for (let atMs = fromMs + 50; atMs <= toMs; atMs += 50)
      this.emit('level', { speaker, rmsDb: rmsDb(atMs), peakDb: rmsDb(atMs) + 9, atMs });
  }

  /** Words for a turn. */
  say(turn: Turn, text: string, over: Partial<Transcript> = {}): void {
    const { turnId, speaker } = turn;
    const role = speaker === 'user' ? 'user' : 'assistant';
    const rest = {
      externalId: null,
      utteranceId: null,
      words: null,
      heardText: null,
      cutWord: null,
      heardMs: null,
      language: 'en',
      interrupted: false,
      occurredAt: turn.startedAt,
      schema: 1,
    } as const;
    const transcript = {
      transcriptId: `words-${turnId}`,
      sessionId: this.sessionId,
      turnId,
      role,
      text,
      revision: 1,
    } as const;
    this.emit('transcript', { transcript: { ...transcript, ...rest, ...over } });
  }

  async stop(): Promise<void> {
    this.emit('state', { state: 'stopping' });
    this.emit('state', { state: 'ended' });
  }

  #mute(muted: boolean): void {
    this.muted = muted;
    this.emit('mute', { muted, epoch: 0, frame: this.#nowMs * 48, atMs: this.#nowMs });
  }

  #deafen(deafened: boolean): void {
    this.asked.push(deafened ? 'deafen' : 'undeafen');
    this.deafened = deafened;
    this.emit('deafen', { deafened, epoch: 0, frame: this.#nowMs * 48, atMs: this.#nowMs });
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
    this.emit('interruption', { ...cut, renderedMs: heardMs + 20, heardMs, generatedMs, cutLatencyMs: 5 });
    this.endTurn(turn, turn.startMs + heardMs, { interrupted: true, endReason: 'interrupted' });
  }

  /** The file of a turn is durable. */
  keep(turn: Turn, segmentId: string, over: Partial<Segment> = {}): void {
    const { turnId, speaker } = turn;
    const file = { segmentId, turnId, speaker, part: 1, isLast: true, byteSize: 4000, durationMs: 1000 };
    const none = {
      interrupted: false,
      heardMs: null,
      generatedMs: null,
      responseLatencyMs: null,
      externalId: null,
    };
    this.emit('segment-kept', { segment: { ...file, ...none, ...over } as Segment });
  }
}

/** The same session, as the element shows it. */
export const asSession = (session: ScriptedSession): Session => session as unknown as Session;
