import type { AudioSetup } from '../core/messages/audio-setup.ts';
import { typedPort } from '../core/messages/ports.ts';
import { type PolledPort, sharedPort } from '../core/messages/shared-port.ts';
import { WordRing } from '../core/messages/word-ring.ts';

/**
 * A worklet's end of its link to the engine: through shared memory where the page gave some, else by the port. With
 * shared memory the port is a bell and nothing else: the worklet looks at its ring in each quantum, and when it is rung,
 * since a suspended context has no quanta.
 */
export function engineLink<Out extends object, In>(
  { port, shared }: AudioSetup,
  transferables: (message: Out) => readonly unknown[],
): PolledPort<Out, In> {
  if (!shared) return { ...typedPort<Out, In>(port as MessagePort, transferables), poll: () => undefined };
  const toEngine = new WordRing(shared.toEngine);
  const wake = (): void => toEngine.wake();
  const incoming = new WordRing(shared.toWorklet);
  const link = sharedPort<Out, In>({ outgoing: toEngine, incoming, onSent: wake, onRead: wake });
  const bell = typedPort<never, unknown>(port as MessagePort, () => []);
  return {
    ...link,
    receive(receiver) {
      link.receive(receiver);
      bell.receive(() => link.poll());
    },
    close() {
      link.close();
      bell.close();
    },
  };
}
