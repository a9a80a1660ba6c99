import { CREDIT_EVERY_FRAMES } from '../../core/messages/credits.ts';
import type { PlayerCommand, PlayerMessage } from '../../core/messages/player-engine.ts';
import type { TypedPort } from '../../core/messages/ports.ts';
import type { TapCommand, TapMessage } from '../../core/messages/tap-engine.ts';

/**
 * A worklet that says nothing after `stop` while the engine looks at its port so many times, this far apart, is dead: what
 * it sent is all there is. Looks are counted and not time: an engine that was held up itself has not looked yet.
 */
const LOOKS = 50;
const LOOK_EVERY_MS = 50;

/** The engine's end of one tap or player: commands out, blocks and events in, and an end that is awaited. */
export class SourceLink<Command extends TapCommand | PlayerCommand, Message extends TapMessage | PlayerMessage> {
  readonly #port: TypedPort<Command, Message>;
  readonly stopped: Promise<void>;
  #settleStopped: () => void = () => undefined;
  #heard: () => void = () => undefined;
  /** Frames that were taken, and how many of them the worklet knows of. */
  #consumed = 0;
  #credited = 0;

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
        this.#heard();
        if (message.type === 'stopped') this.#settleStopped();
        else receive(message as Exclude<Message, { type: 'stopped' }>);
      } catch (thrown) {
        onError(thrown);
      } finally {
        if (message.type === 'block') this.#credit('frames' in message ? message.frames : message.samples.length);
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

  /**
   * Asks for the tail and waits for it: until the worklet says that it was all, until the page says that its clock is gone
   * (`retire`), or until it is plain that there is nobody.
   */
  async stop(): Promise<void> {
    this.#port.send({ type: 'stop' } as Command);
    let left = LOOKS;
    // What waited behind a stall comes first.
    this.#heard = () => (left = LOOKS);
    const look = setInterval(() => {
      left -= 1;
      if (left === 0) this.#settleStopped();
    }, LOOK_EVERY_MS);
    await this.stopped;
    clearInterval(look);
    this.#heard = () => undefined;
    this.#port.close();
  }

  /** A block was taken, whatever became of it: the worklet may send as much more. */
  #credit(frames: number): void {
    this.#consumed += frames;
    if (this.#consumed - this.#credited < CREDIT_EVERY_FRAMES) return;
    this.#credited = this.#consumed;
    this.#port.send({ type: 'consumed', frames: this.#consumed } as Command);
  }
}
