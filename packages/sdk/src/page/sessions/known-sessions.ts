import type { Session } from '../session.ts';

/**
 * The sessions that news may be for. One that runs is held, and so is one that has ended while something of it waits to
 * be delivered: an app may have kept no more of it than a listener. After that it is the app's alone, and with it go its
 * closed AudioContext and nodes; for as long as the app keeps it, it is still told.
 */
export class KnownSessions {
  readonly #held = new Map<string, Session>();
  readonly #released = new Map<string, WeakRef<Session>>();

  add(session: Session): void {
    this.#held.set(session.sessionId, session);
  }

  get(sessionId: string): Session | undefined {
    return this.#held.get(sessionId) ?? this.#released.get(sessionId)?.deref();
  }

  /** Nothing of it is on its way any more. */
  release(session: Session): void {
    const { sessionId } = session;
    // The same id may have been taken up again.
    if (this.#held.get(sessionId) !== session) return;
    this.#held.delete(sessionId);
    for (const [id, known] of this.#released) if (!known.deref()) this.#released.delete(id);
    this.#released.set(sessionId, new WeakRef(session));
  }

  clear(): void {
    this.#held.clear();
    this.#released.clear();
  }
}
