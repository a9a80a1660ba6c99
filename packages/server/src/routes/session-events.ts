import { Readable } from 'node:stream';
import { Hono } from 'hono';
import type { AccessEnv } from '../access/access.ts';
import type { Database } from '../database.ts';
import { eventStream } from '../live/event-stream.ts';
import { lastEvent } from '../live/session-events.ts';
import type { SessionNews } from '../live/session-news.ts';
import { sessionIdOf } from '../wire/path-id.ts';
import { eventQuery, readQuery } from '../wire/query.ts';
import { WireError } from '../wire/wire-error.ts';

/** What the route of live events is wired from. */
export interface EventParts {
  database: Database;
  news: SessionNews;
  closing: AbortSignal;
}

/** Listeners of one process: each is a line that stays open. */
const MAX_LISTENERS = 1000;
/** Listeners of one token: a dashboard needs one for each session that it shows. */
const MAX_OF_TOKEN = 20;
/** When there may be room again, in milliseconds. */
const AGAIN_MS = 5000;

/**
 * `GET /sessions/:id/events`: what happens to a session, live, as server-sent events. From its beginning, from `?after=ID` or
 * `Last-Event-ID`, or with `?after=now` only what is new. A session that is not there yet may be waited for.
 */
export function sessionEventRoutes({ database, news, closing }: EventParts): Hono<AccessEnv> {
  const listeners = new Map<string, number>();
  let all = 0;
  return new Hono<AccessEnv>().get('/sessions/:id/events', async (c) => {
    const sessionId = sessionIdOf(c, 'read');
    const { tokenId, expiresAtMs } = c.get('access');
    const given = c.req.header('last-event-id');
    // Of a signed address.
    const { expires: _, signature: __, ...query } = c.req.query();
    const { after: asked } = readQuery(eventQuery, {
      ...query,
      ...(given === undefined || given === '' ? {} : { after: given }),
    });
    const after = asked === 'now' ? await lastEvent(database) : asked;
    const mine = listeners.get(tokenId) ?? 0;
    if (all >= MAX_LISTENERS)
      throw new WireError('unavailable', 'Too many listen at once.', { retryAfterMs: AGAIN_MS });
    if (mine >= MAX_OF_TOKEN)
      throw new WireError('rate_limited', `The token listens ${MAX_OF_TOKEN} times already.`, {
        retryAfterMs: AGAIN_MS,
      });
    all += 1;
    listeners.set(tokenId, mine + 1);
    const gone = new AbortController();
    c.env.outgoing.once('close', () => {
      gone.abort();
      all -= 1;
      const left = (listeners.get(tokenId) ?? 1) - 1;
      if (left > 0) listeners.set(tokenId, left);
      else listeners.delete(tokenId);
    });
    const events = eventStream({ database, news, sessionId, after, expiresAtMs, gone: gone.signal, closing });
    return c.body(Readable.toWeb(Readable.from(events, { objectMode: false })) as ReadableStream, 200, {
      'content-type': 'text/event-stream; charset=utf-8',
      // A proxy that collects an answer before it passes it on would pass on nothing.
      'x-accel-buffering': 'no',
      // The line was for this alone: left open it would hold up the end of the server.
      connection: 'close',
    });
  });
}
