import { Emitter, type Off } from '../core/emitter.ts';
import { TurntapeError, fromErrorFacts, toErrorFacts } from '../core/errors.ts';
import type {
  DeafenEvent,
  MuteEvent,
  SessionEvents,
  SessionKept,
  SessionMicrophone,
  SessionRunState,
} from '../core/events.ts';
import type { SessionStats } from '../core/stats.ts';
import type { EngineFact } from '../core/messages/page-engine.ts';
import type { RedactionRange, RedactionResult } from '../core/redaction.ts';
import type { Speaker, Turn } from '../core/turn.ts';
import { segmentFromWire } from '../core/wire.ts';
import type { Bot } from './bot.ts';
import type { MicrophoneChoice, OutputChoice } from './microphone/devices.ts';
import type { SessionFiles } from './files.ts';
import type { SessionKeeper } from './sessions/session-keeper.ts';
import type { EngineWorker } from './threads.ts';
import type { SessionCapture } from './sessions/session-capture.ts';
import { abortable } from './abortable.ts';
import { Newest } from './sessions/newest.ts';
import { checkRange } from './options/check-range.ts';
import type { Transcripts } from './transcripts.ts';
import type { TurnEndQuestions } from './turn-end-questions.ts';
import type { User } from './user.ts';

/** The rooms of a session and what it asks of the recorder that owns it. */
export interface SessionParts {
  sessionId: string;
  sampled: boolean;
  /** Whose sound is to be kept. */
  recorded: readonly Speaker[];
  capture: Pick<
    SessionCapture,
    'audioContext' | 'microphone' | 'setMicrophone' | 'setOutput' | 'resume' | 'stats' | 'heardSilence'
  >;
  bot: Bot;
  user: User;
  transcripts: Transcripts;
  files: SessionFiles;
  bind: (turnId: string, externalId: string) => void;
  turnEnd: Pick<TurnEndQuestions, 'ask' | 'withdraw' | 'close'>;
  mute: (muted: boolean) => Promise<MuteEvent>;
  deafen: (deafened: boolean) => Promise<DeafenEvent>;
  redact: (range: RedactionRange) => Promise<RedactionResult>;
  keeper: SessionKeeper;
  /** Goes on under another engine. */
  revive: (worker: EngineWorker) => Promise<void>;
  /** What is encoded goes into the database now. */
  keepNow: () => Promise<void>;
  /** Whether it is still ours, after the page was away. */
  goesOn: () => Promise<boolean>;
  /** The policy of a full disk is to end the session. */
  stopsWhenFull: boolean;
  /** Ends it everywhere: engine, microphone, graph. */
  stop: (reason: 'session_stop' | 'page_exit') => Promise<void>;
  /** Its segments as they lie on this device. */
  kept: () => Promise<SessionKept['segments']>;
  /** All of it is over, and all news of it were heard. */
  ended: (session: Session) => void;
  whenDelivered: (signal: AbortSignal | undefined) => Promise<void>;
}

/** One voice conversation, from start to stop. `recorder.startSession()` makes it. */
export class Session implements AsyncDisposable {
  readonly sessionId: string;
  /** False: `sampleRatio` left it out. It sounds, listens and tells as ever, and nothing of it is kept or sent. */
  readonly sampled: boolean;
  readonly bot: Bot;
  readonly user: User;
  readonly transcripts: Transcripts;
  /** The whole conversation as a file, or a stretch of it. Also after the end. */
  readonly files: SessionFiles;
  readonly #parts: SessionParts;
  readonly #events: Emitter<SessionEvents>;
  readonly #open = new Map<Speaker, Turn>();
  /** Of whom there is a file with sound. */
  readonly #heard = new Set<Speaker>();
  readonly #mute = new Newest<MuteEvent>();
  readonly #deafen = new Newest<DeafenEvent>();
  readonly #closed = Promise.withResolvers<void>();
  #state: SessionRunState;
  #stopped: Promise<SessionKept> | undefined;

  /** @internal */
  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.sessionId = parts.sessionId;
    this.sampled = parts.sampled;
    this.#state = this.#running;
    this.bot = parts.bot;
    this.user = parts.user;
    this.transcripts = parts.transcripts;
    this.files = parts.files;
    this.#events = new Emitter((thrown, type) => {
      if (type !== 'error') this.fail(listenerError(type, thrown));
    });
  }

  /** The clock of both tracks: nodes to attach must be of this context. Another one after it had to be rebuilt. */
  get audioContext(): AudioContext {
    return this.#parts.capture.audioContext;
  }

  get state(): SessionRunState {
    return this.#state;
  }

  /** The microphone in use and how it does; the event `microphone` tells when that changes. */
  get microphone(): SessionMicrophone {
    return this.#parts.capture.microphone;
  }

  /** True from the frame that `mute()` names to the one that `unmute()` names. */
  get muted(): boolean {
    return this.#mute.event?.muted ?? false;
  }

  /** True from the frame that `deafen()` names to the one that `undeafen()` names. */
  get deafened(): boolean {
    return this.#deafen.event?.deafened ?? false;
  }

  /** Listens to one kind of event; the returned function stops. A listener that throws becomes an `error` event. */
  on<Type extends keyof SessionEvents>(type: Type, listener: (event: SessionEvents[Type]) => void): Off {
    return this.#events.on(type, listener);
  }

  /** The turn now open, or undefined. */
  activeTurn(speaker: Speaker): Turn | undefined {
    return this.#open.get(speaker);
  }

  /** Gives a turn the voice stack's own id; it travels with the segment and joins transcripts that know only that. */
  bindTurn({ turnId, externalId }: { turnId: string; externalId: string }): void {
    this.#parts.bind(turnId, externalId);
  }

  /**
   * From now on nothing of the user is recorded: no file, no chunk and no memory holds it, and the detector hears
   * silence. The timeline goes on, with a mark `mute` in every segment that covers it; an open turn hears silence until
   * its detector or the app ends it. Settles with the first silent frame. Errors: `session_ended`.
   */
  async mute(): Promise<MuteEvent> {
    return this.#mute.take(await this.#parts.mute(true));
  }

  /** Ends the mute; settles with the first frame that is heard again. Errors: `session_ended`. */
  async unmute(): Promise<MuteEvent> {
    return this.#mute.take(await this.#parts.mute(false));
  }

  /**
   * From now on the user hears nothing of the bot, whatever we play of it: written, by `bot.port`, attached with `play`. It speaks on
   * in its time, and what is recorded of it is what was heard: silence, with a mark `deafened` in every file that covers it;
   * `renderedMs` counts as ever, `heardMs` does not. A stream that somebody else plays is theirs to silence, on the event `deafen`.
   * Settles with the first silent frame, behind a fade of 1.25 ms. Errors: `session_ended`.
   */
  async deafen(): Promise<DeafenEvent> {
    return this.#deafen.take(await this.#parts.deafen(true));
  }

  /** The bot is heard again; settles with the first frame that is, in a fade of 1.25 ms. Errors: `session_ended`. */
  async undeafen(): Promise<DeafenEvent> {
    return this.#deafen.take(await this.#parts.deafen(false));
  }

  /**
   * Makes a range of the session silent in everything on this device, in memory, in open and in kept files, and marks it
   * `redaction`. No file changes its length. What may have left the device becomes a new segment that `replaces` the old
   * one. Opus files lose whole packets: up to 27 ms on each side. Also for a session that has ended. Transcripts are
   * the app's: attach a revision. Errors: `invalid_argument`, `storage_failed`, `storage_full`.
   */
  async redact(range: RedactionRange): Promise<RedactionResult> {
    return this.#parts.redact(checkRange(range));
  }

  /**
   * Takes another microphone: by its id, by constraints, or a stream of yours. The user's turn goes on, in one segment,
   * with a gap of some milliseconds. Errors: `microphone_denied`, `_not_found`, `_busy`, `_failed`, `source_empty`,
   * `session_ended`; the one before goes on then.
   */
  async setMicrophone(choice: MicrophoneChoice): Promise<void> {
    this.#requireLive();
    await this.#parts.capture.setMicrophone(choice);
  }

  /** Where the bot is heard. Errors: `output_unsupported`, `output_failed`, `session_ended`. */
  async setOutput(choice: OutputChoice): Promise<void> {
    this.#requireLive();
    await this.#parts.capture.setOutput(choice);
  }

  /**
   * Goes on after `suspended`; call it from a click. An interruption by the system is waited for, not resumed. Errors:
   * `audio_context_suspended`, `session_ended`.
   */
  async resume(): Promise<void> {
    this.#requireLive();
    await this.#parts.capture.resume();
  }

  /** Figures of this moment: losses, levels, how far the engine is behind, what the browser counts. Error: `session_ended`. */
  async stats(): Promise<SessionStats> {
    this.#requireLive();
    return this.#parts.capture.stats();
  }

  /**
   * Ends the session. When it settles, every captured frame is kept on this device; it gives all that was. Idempotent. Errors:
   * `aborted`, `storage_full`, `storage_failed`; the session ends all the same.
   */
  stop({ signal }: { signal?: AbortSignal } = {}): Promise<SessionKept> {
    this.#stopped ??= this.#stop('session_stop');
    return abortable(this.#stopped, signal);
  }

  /** Settles when the backend has acknowledged everything of this session. Errors: `aborted`, `rejected`. */
  async whenDelivered({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    await this.#parts.whenDelivered(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** @internal News from the engine. */
  take(fact: EngineFact): void {
    this.#parts.keeper.told(fact);
    this.transcripts.take(fact);
    switch (fact.type) {
      case 'vad-model':
      case 'dropped':
      case 'room-asked':
        return;
      case 'error':
        this.fail(fromErrorFacts(fact.error));
        if (fact.error.code === 'storage_full' && this.#parts.stopsWhenFull) this.#end();
        return;
      case 'segment-kept':
        if (fact.segment.byte_size > 0 && !fact.segment.unheard_tail) this.#heard.add(fact.segment.speaker);
        this.#events.emit('segment-kept', { segment: segmentFromWire(fact.segment) });
        return;
      case 'input-silent':
        this.#parts.capture.heardSilence(fact.silent);
        return;
      case 'turn-end-asked':
        void this.#parts.turnEnd.ask(fact);
        return;
      case 'turn-end-withdrawn':
        this.#parts.turnEnd.withdraw(fact.askId);
        return;
      case 'utterance-done':
        this.bot.settle(fact.utteranceId, fact.result);
        return;
      case 'session-closed':
        this.#closed.resolve();
        return;
      case 'turn-start':
        this.#open.set(fact.event.turn.speaker, fact.event.turn);
        break;
      case 'turn-end':
        this.#open.delete(fact.event.turn.speaker);
        break;
      case 'interruption':
        this.bot.interrupted(fact.event);
        break;
      case 'mute':
        this.#mute.take(fact.event);
        break;
      case 'deafen':
        this.#deafen.take(fact.event);
        break;
      case 'volume':
      case 'client_vad_start':
      case 'client_vad_stop':
      case 'segment-discarded':
      case 'level':
      case 'gap':
      case 'integrity':
      case 'redaction':
      case 'low-space':
        break;
    }
    // The switch has left only facts that are events by name and payload.
    this.#events.emit(fact.type, fact.event);
  }

  /** @internal */
  emit<Type extends keyof SessionEvents>(type: Type, event: SessionEvents[Type]): void {
    this.#events.emit(type, event);
  }

  /** @internal The engine has crashed, and another runs. */
  revive(worker: EngineWorker): Promise<void> {
    // The questions of the one before have no object any more.
    this.#parts.turnEnd.close();
    return this.#parts.revive(worker);
  }

  /** @internal The page may be about to go. */
  async keepNow(): Promise<void> {
    if (this.#state !== 'ended') await this.#parts.keepNow();
  }

  /** @internal The page goes: what is open ends by `page_exit`, if there is time. */
  async leave(): Promise<void> {
    this.#stopped ??= this.#stop('page_exit');
    await this.#stopped;
  }

  /** @internal The page was away and is back: the session goes on, or says that it ended. */
  async comeBack(): Promise<void> {
    if (this.#stopped || (await this.#parts.goesOn())) return;
    this.fail(new TurntapeError('session_ended', 'another tab has finished this session while its page was away'));
    await this.leave();
  }

  /** @internal Nobody has spoken for a time: it ends, and says why. */
  leaveIdle(idleMs: number): void {
    this.#events.emit('idle', { idleMs });
    this.#end();
  }

  /** @internal Nothing can be kept any more: ends the session. What fails meanwhile is told. */
  end(error: TurntapeError): void {
    this.fail(error);
    this.#end();
  }

  /** @internal A failure that nobody awaits. */
  fail(error: TurntapeError): void {
    this.#events.emit('error', { error });
  }

  /** @internal */
  setState(next: SessionRunState): void {
    const state = next === 'recording' ? this.#running : next;
    if (state === this.#state || this.#state === 'ended') return;
    // What the context does while it is closed is no news.
    if (this.#state === 'stopping' && state !== 'ended') return;
    this.#state = state;
    this.#events.emit('state', { state });
  }

  get #running(): SessionRunState {
    return this.sampled ? 'recording' : 'not-sampled';
  }

  #requireLive(): void {
    if (this.#state === 'ended' || this.#state === 'stopping')
      throw new TurntapeError('session_ended', 'the session has ended');
  }

  #end(): void {
    if (this.#stopped) return;
    this.stop().catch((thrown: unknown) => this.fail(fromErrorFacts(toErrorFacts(thrown, 'storage_failed'))));
  }

  async #stop(reason: 'session_stop' | 'page_exit'): Promise<SessionKept> {
    this.setState('stopping');
    try {
      await this.#parts.stop(reason);
      await this.#closed.promise;
      await this.transcripts.settled();
      return await this.#tellKept();
    } catch (thrown) {
      // What was kept before is kept. A database that is gone has been told already.
      await this.#tellKept().catch(() => undefined);
      throw thrown;
    } finally {
      this.bot.settleRest();
      this.#parts.turnEnd.close();
      // Not before: whoever disposes of the recorder waits for the session that it has.
      for (const speaker of this.#parts.recorded)
        if (!this.#heard.has(speaker)) this.#events.emit('track-empty', { speaker });
      this.#parts.ended(this);
      this.setState('ended');
    }
  }

  async #tellKept(): Promise<SessionKept> {
    const kept = { segments: await this.#parts.kept() };
    this.#events.emit('session-kept', kept);
    return kept;
  }
}

function listenerError(type: keyof SessionEvents, cause: unknown): TurntapeError {
  return new TurntapeError('invalid_argument', `a listener of '${type}' threw`, { field: 'listener', cause });
}
