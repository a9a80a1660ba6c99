import { TurntapeError } from '../../core/errors.ts';
import type { GapCause } from '../../core/gap.ts';
import type { LoudspeakerState } from '../../core/messages/loudspeaker.ts';
import type { BotMessage, EngineMessage, TapBoundaries } from '../../core/messages/page-engine.ts';
import type { TeeSettings } from '../../core/messages/tee.ts';
import type { Speaker } from '../../core/turn.ts';
import { type Attachment, type AttachOptions, type AttachSource, attachedNode } from '../audio/attachment.ts';
import type { AudioGraph } from '../audio/audio-graph.ts';
import type { AudioLink } from '../audio/audio-link.ts';
import { botPort } from '../bot.ts';
import { microphoneNode } from '../microphone/microphone.ts';
import { firstSound } from '../quirks/first-sound.ts';
import type { SessionKeeper } from './session-keeper.ts';
import { Scope } from '../scope.ts';
import type { EngineThread } from '../engine-life.ts';
import { type EngineWorker, connectWorklet } from '../threads.ts';
import { inOnePiece } from '../unsaid.ts';

/** How a node is made known to an engine, but for the port. */
type Link =
  | Omit<Extract<EngineMessage, { type: 'tap' }>, 'port' | 'shared'>
  | Omit<Extract<EngineMessage, { type: 'player' }>, 'port' | 'shared'>;

/** A processor that throws again and again is not made anew for ever. */
const MAX_REPAIRS = 3;

export interface SessionSourcesOptions {
  sessionId: string;
  thread: EngineThread;
  keeper: SessionKeeper;
  graph: AudioGraph;
  audioLink: AudioLink;
  /** How whatever sounds begins: as loud as the rest. */
  sounds: () => LoudspeakerState;
  /** Everything that is connected leaves with it. */
  scope: Scope;
  onError: (error: TurntapeError) => void;
}

/** A tap is one speaker's ear on the graph. */
interface TapPlan {
  speaker: Speaker;
  boundaries: TapBoundaries;
  /** Makes the node that is heard; again after a rebuilt context. The scope undoes it. */
  source: (context: AudioContext, scope: Scope) => { node: AudioNode; plays: boolean };
  scope: Scope;
}

/** Connects what sounds in a session to its engine: the microphone, our player, whatever is attached as the bot. */
export class SessionSources {
  readonly #options: SessionSourcesOptions;
  /** What the page itself says to the engine: the bot's PCM, and marks. */
  readonly said: Pick<ReturnType<typeof botPort>, 'send'>;
  #saying: ReturnType<typeof botPort>;
  /** Rises with each context: a rebuilt one counts its frames from zero again. */
  #clockId = 1;
  #graph: AudioGraph;
  /** What leaves with the context: the player and every tap that can be made again. */
  #onClock: Scope;
  #microphone: { tap: AudioNode; source: AudioNode } | undefined;
  #stream: MediaStream | undefined;
  readonly #attached = new Set<TapPlan>();
  #repairs = 0;
  #audioLink: 'shared' | 'port' = 'port';
  /** For the next engine. */
  readonly #unsaid: BotMessage[] = [];
  readonly #unopened: EngineMessage[] = [];
  /** Each node that sounds, and how it is connected to an engine. */
  readonly #links = new Map<AudioWorkletNode, Link>();

  constructor(options: SessionSourcesOptions) {
    this.#options = options;
    this.#graph = options.graph;
    this.#onClock = this.#newScope();
    options.scope.add(() => this.#onClock.dispose());
    this.#saying = botPort(this.openBotPort());
    this.said = {
      send: (message) => {
        if (options.thread.restarting) this.#unsaid.push(message);
        else this.#say(message);
      },
    };
  }

  get clockId(): number {
    return this.#clockId;
  }

  /** Of the newest worklet. */
  get audioLink(): 'shared' | 'port' {
    return this.#audioLink;
  }

  get graph(): AudioGraph {
    return this.#graph;
  }

  /** The microphone's tap, if there is a microphone, and the player that the bot is heard by. */
  connect(microphone: MediaStream | undefined): void {
    this.#stream = microphone;
    this.#connectPlayer();
    if (microphone) this.#connectMicrophone(microphone);
  }

  /**
   * Another microphone on the same tap: the track goes on, and no block is lost between. With `sounds` the one before is
   * heard until this one sounds; without, it is gone already.
   */
  async changeMicrophone(stream: MediaStream, { sounds }: { sounds: boolean }): Promise<void> {
    this.#stream = stream;
    const microphone = this.#microphone;
    if (!microphone) return;
    const source = microphoneNode(this.#graph.context, stream);
    if (sounds) await firstSound(source);
    // Meanwhile another was chosen, or the context was rebuilt around this one.
    if (this.#stream !== stream || this.#microphone !== microphone) return;
    source.connect(microphone.tap);
    microphone.source.disconnect();
    microphone.source = source;
  }

  /** Another engine takes over: every node that sounds is connected to it, and goes on sounding meanwhile. */
  relink(worker: Pick<EngineWorker, 'connect'>): void {
    this.#saying.close();
    const { port1, port2 } = new MessageChannel();
    worker.connect({ type: 'bot', sessionId: this.#options.sessionId, port: port2 });
    this.#saying = botPort(port1);
    for (const message of inOnePiece(this.#unsaid.splice(0))) this.#say(message);
    for (const tee of this.#unopened.splice(0)) worker.connect(tee);
    for (const [node, link] of this.#links)
      worker.connect({ ...link, cause: 'engine_crash', ...this.#connectWorklet(node) });
  }

  /** Moves everything to another context, under a clock of its own. What cannot be moved is told. */
  async rebuild(graph: AudioGraph): Promise<void> {
    const before = this.#onClock;
    this.#graph = graph;
    this.#clockId += 1;
    this.#onClock = this.#newScope();
    this.#connectPlayer('context_rebuilt');
    if (this.#stream) this.#connectMicrophone(this.#stream, 'context_rebuilt');
    for (const plan of this.#attached) this.#reconnect(plan);
    await before.dispose();
  }

  attach(source: AttachSource, { play = false, boundaries = 'activity', onCut }: AttachOptions): Attachment {
    const { sessionId, thread, scope: session } = this.#options;
    const scope = this.#newScope();
    const first = attachedNode(this.#graph.context, source, play, scope);
    const plan: TapPlan = {
      speaker: 'bot',
      boundaries,
      scope,
      source: (context, scope) => attachedNode(context, source, play, scope),
    };
    this.#tap(plan, first, scope);
    this.#attached.add(plan);
    session.add(() => scope.dispose());
    return {
      onCut: first.plays ? undefined : onCut,
      startTurn: () => {
        const turnId = crypto.randomUUID();
        this.said.send({ type: 'turn-start', speaker: 'bot', turnId });
        return { turnId };
      },
      endTurn: () => this.said.send({ type: 'turn-end', speaker: 'bot' }),
      detach: async () => {
        if (scope.disposed) return;
        this.#attached.delete(plan);
        await thread.engine.call('detachBot', [sessionId]);
        await scope.dispose();
      },
    };
  }

  /** A port that the user's track comes out of. One that is asked for while there is no engine is connected to the next. */
  openTee(settings: TeeSettings): MessagePort {
    const { sessionId, thread } = this.#options;
    const { port1, port2 } = new MessageChannel();
    const tee = { type: 'user-tee', sessionId, settings, port: port2 } as const;
    if (thread.restarting) this.#unopened.push(tee);
    else thread.connect(tee);
    return port1;
  }

  /** A port for what the bot is given to say, for the page or for a thread of the app. */
  openBotPort(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.#options.thread.connect({ type: 'bot', sessionId: this.#options.sessionId, port: port2 });
    return port1;
  }

  #connectPlayer(cause?: GapCause): void {
    const { sessionId } = this.#options;
    const scope = this.#onClock;
    const node = this.#graph.player({
      scope,
      sounds: this.#options.sounds(),
      onBroken: () =>
        this.#repair(() => {
          this.#links.delete(node);
          this.#connectPlayer('worklet_failed');
        }),
    });
    this.#link(node, { type: 'player', sessionId, ...this.#clock(), cause }, scope);
  }

  #connectMicrophone(stream: MediaStream, cause?: GapCause): void {
    const scope = this.#onClock;
    const source = microphoneNode(this.#graph.context, stream);
    const microphone: { tap: AudioNode; source: AudioNode } = { tap: source, source };
    // Whichever is the source by then: the microphone may have changed since.
    const plan: TapPlan = {
      speaker: 'user',
      boundaries: 'none',
      scope,
      source: () => ({ node: microphone.source, plays: false }),
    };
    microphone.tap = this.#tap(plan, { node: source, plays: false }, scope, cause, (made) => (microphone.tap = made));
    scope.add(() => microphone.source.disconnect());
    this.#microphone = microphone;
  }

  /** A stream is heard again in the new context. An element and a node belong to the one that is gone. */
  #reconnect(plan: TapPlan): void {
    const { sessionId, thread, onError } = this.#options;
    try {
      this.#tap(plan, plan.source(this.#graph.context, plan.scope), plan.scope, 'context_rebuilt');
    } catch (cause) {
      this.#attached.delete(plan);
      const message = 'the audio context was rebuilt, and what was attached belongs to the old one: attach it again';
      onError(new TurntapeError('source_foreign_context', message, { field: 'source', cause }));
      thread.engine.call('detachBot', [sessionId]).catch((thrown: unknown) => onError(asError(thrown)));
    }
  }

  #tap(
    plan: TapPlan,
    { node: source, plays }: { node: AudioNode; plays: boolean },
    scope: Scope,
    cause?: GapCause,
    onRepaired?: (tap: AudioNode) => void,
  ): AudioNode {
    const { sessionId } = this.#options;
    const { speaker, boundaries } = plan;
    const onBroken = (): void =>
      this.#repair(() => {
        this.#links.delete(node);
        const again = speaker === 'user' ? plan.source(this.#graph.context, scope).node : source;
        const made = this.#tap(plan, { node: again, plays }, scope, 'worklet_failed', onRepaired);
        onRepaired?.(made);
      });
    const node = this.#graph.tap(source, { plays, sounds: this.#options.sounds(), scope, onBroken });
    if (speaker === 'bot') scope.add(() => source.disconnect(node));
    this.#link(node, { type: 'tap', sessionId, speaker, ...this.#clock(), boundaries, plays, cause }, scope);
    return node;
  }

  #say(message: BotMessage): void {
    this.#options.keeper.said(message);
    this.#saying.send(message);
  }

  #link(node: AudioWorkletNode, link: Link, scope: Scope): void {
    this.#links.set(node, link);
    scope.add(() => {
      this.#links.delete(node);
    });
    this.#options.thread.connect({ ...link, ...this.#connectWorklet(node) });
  }

  #connectWorklet(node: AudioWorkletNode): ReturnType<typeof connectWorklet> {
    const ends = connectWorklet(node, this.#options.audioLink);
    this.#audioLink = ends.shared ? 'shared' : 'port';
    return ends;
  }

  /** A processor that threw is dead for good: another node takes its place. */
  #repair(again: () => void): void {
    this.#repairs += 1;
    if (this.#repairs <= MAX_REPAIRS) again();
  }

  #clock(): { clockId: number; clockRate: number } {
    return { clockId: this.#clockId, clockRate: this.#graph.context.sampleRate };
  }

  #newScope(): Scope {
    return new Scope((thrown) => this.#options.onError(asError(thrown)));
  }
}

function asError(thrown: unknown): TurntapeError {
  if (thrown instanceof TurntapeError) return thrown;
  return new TurntapeError('audio_context_failed', 'letting go of a source failed', { cause: thrown });
}
