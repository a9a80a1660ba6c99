import type { Queryable } from '../database.ts';
import { listEvents } from './session-events.ts';
import type { SessionNews } from './session-news.ts';

/** What a stream of events is made from. */
export interface EventStreamOptions {
  database: Queryable;
  news: SessionNews;
  sessionId: string;
  /** The last event that the listener has. */
  after: string;
  /** Until when the listener may listen, in milliseconds since 1970. */
  expiresAtMs: number;
  /** The listener has gone. */
  gone: AbortSignal;
  /** The server closes. */
  closing: AbortSignal;
  /** How often a silent line says that it is alive, in milliseconds. Default {@link KEEP_ALIVE_MS}. */
  keepAliveMs?: number;
}

/** Proxies cut lines that are silent for a minute. */
const KEEP_ALIVE_MS = 30_000;
/** A notice of another process may have got lost: how often the tables are looked at all the same, in milliseconds. */
const LOOK_MS = 5000;
/** When to come back after the server has closed, in milliseconds. */
const AGAIN_MS = 2000;

/**
 * What happens to a session, as server-sent events: `subscribed` first, then everything after `after`, then what comes. The
 * last is `shutdown` (come back), `expired` (with a fresh token) or `erased` (never). A listener that does not read makes us
 * wait and no memory grow: the next events are asked for when the last have been taken.
 */
export async function* eventStream(options: EventStreamOptions): AsyncGenerator<string> {
  const { database, news, sessionId, expiresAtMs, gone, closing, keepAliveMs = KEEP_ALIVE_MS } = options;
  let { after } = options;
  const bell = new Bell();
  const unwatch = news.watch(sessionId, bell.ring);
  for (const signal of [gone, closing]) signal.addEventListener('abort', bell.ring);
  try {
    yield frame('subscribed', { session_id: sessionId, after });
    let saidAt = Date.now();
    for (;;) {
      if (gone.aborted) return;
      if (closing.aborted || Date.now() >= expiresAtMs) break;
      bell.hush();
      const { events, isErased } = await listEvents(database, sessionId, after);
      for (const { id, type, facts } of events) {
        yield frame(type, facts, id);
        after = id;
        saidAt = Date.now();
      }
      if (isErased) {
        yield frame('erased', { session_id: sessionId });
        return;
      }
      if (events.length > 0) continue;
      if (Date.now() - saidAt >= keepAliveMs) {
        yield ': keep-alive\n\n';
        saidAt = Date.now();
      }
      await bell.heard(Math.min(LOOK_MS, saidAt + keepAliveMs - Date.now(), expiresAtMs - Date.now()));
    }
    if (closing.aborted) yield `retry: ${AGAIN_MS}\n${frame('shutdown', { session_id: sessionId })}`;
    else yield frame('expired', { session_id: sessionId });
  } finally {
    unwatch();
    for (const signal of [gone, closing]) signal.removeEventListener('abort', bell.ring);
  }
}

/** JSON has no line ends in it: one line of data is enough. */
function frame(event: string, data: object, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Rung by others, heard by one; a ring that comes before anybody listens is heard, too. */
class Bell {
  #isRung = false;
  #heard: (() => void) | undefined;

  readonly ring = (): void => {
    this.#isRung = true;
    this.#heard?.();
  };

  hush(): void {
    this.#isRung = false;
  }

  /** Settles when it rings, or after so long. */
  async heard(withinMs: number): Promise<void> {
    if (this.#isRung) return;
    await new Promise<void>((settle) => {
      const timer = setTimeout(settle, Math.max(0, withinMs));
      this.#heard = () => {
        clearTimeout(timer);
        settle();
      };
    });
    this.#heard = undefined;
  }
}
