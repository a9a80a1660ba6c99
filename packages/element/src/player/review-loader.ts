import type { ReviewSession } from './review-session.ts';
import type { ReviewSource } from './review-source.ts';

/** How far a session is: `idle`, nothing was asked for; `failed`, it could not be read. */
export type ReviewPhase = 'idle' | 'loading' | 'ready' | 'failed';

/** What the loader needs of its house. */
export interface ReviewLoaderPorts {
  /** Phase or session changed. `same`: it is the session that was here before, read again. */
  changed(same: boolean): void;
  /** A session could not be read, or read again. */
  failed(thrown: unknown): void;
  /** There is no such session. */
  missing(): unknown;
}

/** Reads one session after another; the answer of one that nobody waits for any more is dropped. */
export class ReviewLoader {
  readonly #ports: ReviewLoaderPorts;
  #phase: ReviewPhase = 'idle';
  #session: ReviewSession | undefined;
  #find: (() => Promise<ReviewSource>) | undefined;
  #source: ReviewSource | undefined;
  #run: AbortController | undefined;

  constructor(ports: ReviewLoaderPorts) {
    this.#ports = ports;
  }

  get phase(): ReviewPhase {
    return this.#phase;
  }

  get session(): ReviewSession | undefined {
    return this.#session;
  }

  get source(): ReviewSource | undefined {
    return this.#source;
  }

  /** Takes a source, or none. `find` may take its time: a recorder is opened for a session on the device. */
  async open(find: (() => Promise<ReviewSource>) | undefined): Promise<void> {
    this.#run?.abort();
    const run = (this.#run = new AbortController());
    this.#find = find;
    this.#source = undefined;
    this.#session = undefined;
    this.#phase = find ? 'loading' : 'idle';
    this.#ports.changed(false);
    if (find) await this.#read(find, run.signal);
  }

  /** Reads the same session again: it has grown. What is shown stays until the answer is there. */
  async reload(): Promise<void> {
    const { source } = this;
    // One that was never found is looked for again.
    const find = source ? () => Promise.resolve(source) : this.#find;
    if (!find || this.#phase === 'loading') return;
    this.#run?.abort();
    this.#run = new AbortController();
    if (this.#phase === 'failed') {
      this.#phase = 'loading';
      this.#ports.changed(false);
    }
    await this.#read(find, this.#run.signal);
  }

  /** Waits for nothing any more. */
  close(): void {
    this.#run?.abort();
  }

  async #read(find: () => Promise<ReviewSource>, signal: AbortSignal): Promise<void> {
    try {
      const source = await find();
      if (signal.aborted) return;
      this.#source = source;
      const session = await source.load({ signal });
      if (signal.aborted) return;
      if (!session) throw this.#ports.missing();
      const same = this.#session?.sessionId === session.sessionId;
      this.#session = session;
      this.#phase = 'ready';
      this.#ports.changed(same);
    } catch (thrown) {
      if (signal.aborted) return;
      if (!this.#session) this.#phase = 'failed';
      this.#ports.failed(thrown);
    }
  }
}
