import type { TapBoundaries } from '../core/messages/page-engine.ts';
import type { Speaker } from '../core/turn.ts';
import { type Attachment, type AttachOptions, type AttachSource, attachedNode } from './attachment.ts';
import type { AudioGraph } from './audio-graph.ts';
import { botPort } from './bot.ts';
import { Scope } from './scope.ts';
import { type EngineThread, connectWorklet } from './threads.ts';

/** A session has one context as long as none is rebuilt. */
export const CLOCK_ID = 1;

export interface SessionSourcesOptions {
  sessionId: string;
  thread: EngineThread;
  graph: AudioGraph;
  /** Everything that is connected leaves with it. */
  scope: Scope;
  onError: (message: string, thrown: unknown) => void;
}

/** Connects what sounds in a session to its engine: the microphone, our player, whatever is attached as the bot. */
export class SessionSources {
  readonly #options: SessionSourcesOptions;
  /** What the page itself says to the engine: the bot's PCM, and marks. */
  readonly said: ReturnType<typeof botPort>;

  constructor(options: SessionSourcesOptions) {
    this.#options = options;
    this.said = botPort(this.openBotPort());
  }

  /** The microphone's tap, and the player that the bot is heard by. */
  connect(microphone: MediaStream): void {
    const { graph, sessionId, thread, scope } = this.#options;
    const port = connectWorklet(graph.player(scope));
    thread.connect({ type: 'player', sessionId, clockId: CLOCK_ID, clockRate: graph.context.sampleRate, port });
    const source = graph.context.createMediaStreamSource(microphone);
    this.#tap('user', source, { plays: false, boundaries: 'none', scope });
  }

  attach(source: AttachSource, { play = false, boundaries = 'activity', onCut }: AttachOptions): Attachment {
    const { graph, sessionId, thread, scope: session, onError } = this.#options;
    const scope = new Scope((thrown) => onError('detaching failed', thrown));
    const { node, plays } = attachedNode(graph.context, source, play, scope);
    this.#tap('bot', node, { plays, boundaries, scope });
    session.add(() => scope.dispose());
    return {
      onCut: plays ? undefined : onCut,
      startTurn: () => {
        const turnId = crypto.randomUUID();
        this.said.send({ type: 'turn-start', speaker: 'bot', turnId });
        return { turnId };
      },
      endTurn: () => this.said.send({ type: 'turn-end', speaker: 'bot' }),
      detach: async () => {
        if (scope.disposed) return;
        await thread.engine.call('detachBot', [sessionId]);
        await scope.dispose();
      },
    };
  }

  /** A port for what the bot is given to say, for the page or for a thread of the app. */
  openBotPort(): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.#options.thread.connect({ type: 'bot', sessionId: this.#options.sessionId, port: port2 });
    return port1;
  }

  #tap(
    speaker: Speaker,
    source: AudioNode,
    { plays, boundaries, scope }: { plays: boolean; boundaries: TapBoundaries; scope: Scope },
  ): void {
    const { graph, sessionId, thread } = this.#options;
    const port = connectWorklet(graph.tap(source, { plays, scope }));
    const clock = { clockId: CLOCK_ID, clockRate: graph.context.sampleRate };
    thread.connect({ type: 'tap', sessionId, speaker, ...clock, boundaries, plays, port });
  }
}
