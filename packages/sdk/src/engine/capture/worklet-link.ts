import { type TypedPort, typedPort } from '../../core/messages/ports.ts';
import { type PolledPort, type SharedLink, sharedPort } from '../../core/messages/shared-port.ts';
import { WordRing } from '../../core/messages/word-ring.ts';

/** What the page hands over for one worklet. */
export interface LinkEnds {
  port: MessagePort;
  /** On a cross-origin isolated page: everything goes through it, and the port is a bell. */
  shared?: SharedLink | undefined;
}

/** The engine's end of the link to a worklet. */
export function workletLink<Out extends object, In>(
  { port, shared }: LinkEnds,
  transferables: (message: Out) => readonly unknown[],
): TypedPort<Out, In> {
  return shared ? new SharedWorkletLink<Out, In>(port, shared) : typedPort<Out, In>(port, transferables);
}

/** Looks whenever the worklet has written; nothing here polls by the clock. */
class SharedWorkletLink<Out extends object, In> implements TypedPort<Out, In> {
  readonly #bell: TypedPort<'look', never>;
  readonly #incoming: WordRing;
  readonly #link: PolledPort<Out, In>;
  #state: 'new' | 'listening' | 'closed' = 'new';

  constructor(port: MessagePort, { toEngine, toWorklet }: SharedLink) {
    this.#bell = typedPort(port, () => []);
    this.#incoming = new WordRing(toEngine);
    this.#link = sharedPort({
      outgoing: new WordRing(toWorklet),
      incoming: this.#incoming,
      onSent: () => this.#bell.send('look'),
    });
  }

  send(message: Out): void {
    this.#link.send(message);
  }

  receive(receiver: (message: In) => void): void {
    this.#link.receive(receiver);
    if (this.#state !== 'new') return;
    this.#state = 'listening';
    // After whoever connects has finished.
    queueMicrotask(() => void this.#listen());
  }

  close(): void {
    this.#state = 'closed';
    this.#link.close();
    this.#bell.close();
    this.#incoming.wake();
  }

  async #listen(): Promise<void> {
    while (this.#state === 'listening') {
      this.#link.poll();
      // Calls and ports must have their turn, also when the worklet writes faster than we read.
      await (this.#incoming.more() ?? new Promise((resolve) => setTimeout(resolve)));
    }
  }
}
