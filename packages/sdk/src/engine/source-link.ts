import type { PlayerCommand, PlayerMessage } from '../core/messages/player-engine.ts';
import type { TypedPort } from '../core/messages/ports.ts';
import type { TapCommand, TapMessage } from '../core/messages/tap-engine.ts';

/** A worklet that does not answer `stop` within this is dead: what it sent is all there is. */
const STOP_ANSWER_MS = 1000;

/** The engine's end of one tap or player: commands out, blocks and events in, and an end that is awaited. */
export class SourceLink<Command extends TapCommand | PlayerCommand, Message extends TapMessage | PlayerMessage> {
  readonly #port: TypedPort<Command, Message>;
  readonly stopped: Promise<void>;
  #settleStopped: () => void = () => undefined;

  /** What `receive` throws goes to `onError`: one bad block must not take the engine down. */
  constructor(
    port: TypedPort<Command, Message>,
    onError: (thrown: unknown) => void,
    receive: (message: Exclude<Message, { type: 'stopped' }>) => void,
  ) {
    this.#port = port;
    this.stopped = new Promise((resolve) => (this.#settleStopped = resolve));
    port.receive((message) => {
      try {
        if (message.type === 'stopped') this.#settleStopped();
        else receive(message as Exclude<Message, { type: 'stopped' }>);
      } catch (thrown) {
        onError(thrown);
      }
    });
  }

  send(command: Command): void {
    this.#port.send(command);
  }

  /** Lets go of a source that will not answer any more. */
  retire(afterMs: number): void {
    this.#settleStopped();
    if (afterMs > 0) setTimeout(() => this.#port.close(), afterMs);
    else this.#port.close();
  }

  /** Asks for the tail and waits for it. */
  async stop(): Promise<void> {
    this.#port.send({ type: 'stop' } as Command);
    const deadline = setTimeout(this.#settleStopped, STOP_ANSWER_MS);
    await this.stopped;
    clearTimeout(deadline);
    this.#port.close();
  }
}
