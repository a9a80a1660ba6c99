import type { Asked, EmbeddedEngine } from './engine.ts';

/** Askings of one group: more would make those that came first wait for those that came last. */
const GROUP = 64;

/** What waits for the connection: one asking, which may share a group, or something that has the connection to itself. */
type Waiting =
  | { asked: Asked; settle: (rows: unknown[]) => void; fail: (cause: unknown) => void }
  | (() => Promise<void>);

/** The one connection of an {@link EmbeddedEngine}, in order of arrival. What is asked while it is busy is asked together. */
export class EmbeddedConnection {
  readonly #engine: EmbeddedEngine;
  readonly #waiting: Waiting[] = [];
  #isBusy = false;

  constructor(engine: EmbeddedEngine) {
    this.#engine = engine;
  }

  ask(asked: Asked): Promise<unknown[]> {
    return new Promise((settle, fail) => this.#add({ asked, settle, fail }));
  }

  /** Nothing else is asked until `work` settles. */
  alone<Result>(work: (engine: EmbeddedEngine) => Promise<Result>): Promise<Result> {
    return new Promise((settle, fail) => this.#add(() => work(this.#engine).then(settle, fail)));
  }

  #add(waiting: Waiting): void {
    this.#waiting.push(waiting);
    if (!this.#isBusy) void this.#serve();
  }

  async #serve(): Promise<void> {
    this.#isBusy = true;
    for (let first = this.#waiting.shift(); first !== undefined; first = this.#waiting.shift())
      await (typeof first === 'function' ? first() : this.#serveGroup(first));
    this.#isBusy = false;
  }

  async #serveGroup(first: Exclude<Waiting, () => unknown>): Promise<void> {
    const group = [first];
    for (let next = this.#waiting[0]; typeof next === 'object' && group.length < GROUP; next = this.#waiting[0]) {
      group.push(next);
      this.#waiting.shift();
    }
    try {
      const outcomes = await this.#engine.group(group.map(({ asked }) => asked));
      for (const [i, { settle, fail }] of group.entries()) {
        const outcome = outcomes[i];
        if (outcome !== undefined && 'rows' in outcome) settle(outcome.rows);
        else fail(outcome?.failure);
      }
    } catch (cause) {
      for (const { fail } of group) fail(cause);
    }
  }
}
