/** Removes the listener it came from. Calling it again does nothing. */
export type Off = () => void;

/**
 * Typed events. A listener that throws never stops the others and never reaches the code that emitted: what it threw
 * goes to `onListenerError`, given by the owner.
 */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>();
  readonly #onListenerError: (thrown: unknown, type: keyof Events) => void;

  constructor(onListenerError: (thrown: unknown, type: keyof Events) => void) {
    this.#onListenerError = onListenerError;
  }

  /** Calls `listener` at each event of this type, until the returned function is called. */
  on<Type extends keyof Events>(type: Type, listener: (event: Events[Type]) => void): Off {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  /** How many listeners this type of event has. */
  count(type: keyof Events): number {
    return this.#listeners.get(type)?.size ?? 0;
  }

  emit<Type extends keyof Events>(type: Type, event: Events[Type]): void {
    // A copy: a listener may remove itself while it runs.
    for (const listener of Array.from(this.#listeners.get(type) ?? [])) {
      try {
        (listener as (event: Events[Type]) => void)(event);
      } catch (thrown) {
        this.#onListenerError(thrown, type);
      }
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
