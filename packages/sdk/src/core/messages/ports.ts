/**
 * The only place of the package that calls `postMessage`. A `TypedPort` sends one union of messages and receives
 * another; what is transferred with a message is said once, beside the union.
 */

/** What a MessagePort, a Worker and a worker's own scope have in common. */
export interface Endpoint {
  postMessage(message: unknown, transfer: never[]): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  removeEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  /** A MessagePort delivers nothing to listeners before this. */
  start?(): void;
  close?(): void;
}

/** One end of a channel between two worlds. */
export interface TypedPort<Out, In> {
  send(message: Out): void;
  /** One receiver; a second call replaces it. */
  receive(receiver: (message: In) => void): void;
  close(): void;
}

/** Wraps an endpoint. `transferables` names the buffers that move with a message instead of being copied. */
export function typedPort<Out, In>(
  endpoint: Endpoint,
  transferables: (message: Out) => readonly unknown[],
): TypedPort<Out, In> {
  let receiver: ((message: In) => void) | undefined;
  const listener = (event: { data: unknown }): void => receiver?.(event.data as In);
  return {
    send: (message) => endpoint.postMessage(message, transferables(message) as never[]),
    receive(next) {
      receiver = next;
      endpoint.addEventListener('message', listener);
      endpoint.start?.();
    },
    close() {
      receiver = undefined;
      endpoint.removeEventListener('message', listener);
      endpoint.close?.();
    },
  };
}
