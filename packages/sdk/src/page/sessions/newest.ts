/** What holds since the newest of some events: the engine's answer to a call and its news come by two ports, either of them first. */
export class Newest<Event extends { atMs: number }> {
  #event: Event | undefined;

  /** Undefined before the first. */
  get event(): Event | undefined {
    return this.#event;
  }

  /** Gives it back. An older one changes nothing. */
  take(event: Event): Event {
    if (event.atMs >= (this.#event?.atMs ?? 0)) this.#event = event;
    return event;
  }
}
