import type { Database } from '../database.ts';
import { failureFacts, type Log } from '../log.ts';

/** Sessions that changed are told to other processes together, this long after the first, in milliseconds. */
const TOGETHER_MS = 100;
/** Ids in one notice: PostgreSQL takes 8,000 bytes. */
const AT_ONCE = 200;
/** A channel that could not be opened or was lost is tried again after this, in milliseconds. */
const AGAIN_MS = 5000;

/**
 * Who waits for which session to change. Told after each commit, in this process at once; in others through the database, at
 * most ten times a second from each, since a notice within every transaction would make all commits wait for each other. A
 * notice may get lost (a process that dies, a pooler that has no channels): listeners look by themselves now and then, too.
 */
export class SessionNews {
  readonly #channel: Database['channel'];
  readonly #log: Log;
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #changed = new Set<string>();
  #telling: NodeJS.Timeout | undefined;
  #opening: Promise<(() => Promise<void>) | undefined> | undefined;
  #reopening: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor({ channel }: Pick<Database, 'channel'>, log: Log) {
    this.#channel = channel;
    this.#log = log;
  }

  /** Something about a session was committed. */
  changed(sessionId: string): void {
    this.#wake(sessionId);
    if (this.#channel === undefined || this.#isClosed) return;
    this.#changed.add(sessionId);
    this.#telling ??= setTimeout(() => void this.#tell(), TOGETHER_MS).unref();
  }

  /** Calls `wake` whenever a session may have changed, until the function that it gives is called. */
  watch(sessionId: string, wake: () => void): () => void {
    const waiting = this.#waiting.get(sessionId) ?? new Set();
    waiting.add(wake);
    this.#waiting.set(sessionId, waiting);
    this.#open();
    return () => {
      waiting.delete(wake);
      if (waiting.size === 0 && this.#waiting.get(sessionId) === waiting) this.#waiting.delete(sessionId);
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#telling);
    clearTimeout(this.#reopening);
    await (
      await this.#opening
    )?.();
  }

  #wake(sessionId: string): void {
    for (const wake of this.#waiting.get(sessionId) ?? []) wake();
  }

  async #tell(): Promise<void> {
    this.#telling = undefined;
    const ids = [...this.#changed];
    this.#changed.clear();
    try {
      for (let at = 0; at < ids.length; at += AT_ONCE) await this.#channel?.tell(ids.slice(at, at + AT_ONCE).join());
    } catch (thrown) {
      this.#log('warn', 'news_not_told', failureFacts(thrown));
    }
  }

  /** Opened when somebody listens for the first time: a process that only stores holds no connection for it. */
  #open(): void {
    if (this.#channel === undefined || this.#isClosed || this.#reopening !== undefined) return;
    this.#opening ??= this.#channel
      .listen(
        (text) => {
          for (const sessionId of text.split(',')) this.#wake(sessionId);
        },
        () => this.#lost(),
      )
      .catch((thrown: unknown) => {
        this.#log('warn', 'news_not_heard', failureFacts(thrown));
        this.#lost();
        return undefined;
      });
  }

  #lost(): void {
    this.#opening = undefined;
    if (this.#isClosed) return;
    this.#reopening ??= setTimeout(() => {
      this.#reopening = undefined;
      if (this.#waiting.size > 0) this.#open();
    }, AGAIN_MS).unref();
  }
}

/** A database that tells the news of every session that somebody worked on: nobody who changes one has to think of it. */
export function withNews(database: Database, news: SessionNews): Database {
  return {
    ...database,
    async exclusively(key, work) {
      const result = await database.exclusively(key, work);
      if (key.startsWith(SESSION_KEY)) news.changed(key.slice(SESSION_KEY.length));
      return result;
    },
  };
}

/** What the keys of sessions begin with: `alone` of `stores/session-gate.ts`. */
export const SESSION_KEY = 'session/';
