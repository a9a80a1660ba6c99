import { Hono } from 'hono';
import * as v from 'valibot';
import type { Queryable } from '../database.ts';
import { findSession, listSessions, listTurns, type TurnRow } from '../stores/playback.ts';
import type { SessionStore } from '../stores/session-store.ts';
import { readJsonBody } from '../wire/json-body.ts';
import { uuid, wholeNumber } from '../wire/scalars.ts';
import type { Limits } from '../wire/segment-form.ts';
import { sessionSchema } from '../wire/session.ts';
import { WireError } from '../wire/wire-error.ts';
import { limitBody } from './limit-body.ts';

/** How many sessions a list holds when the request does not say. */
const LIST_DEFAULT = 100;
const listLimit = v.pipe(
  v.string(),
  v.regex(/^\d{1,4}$/, 'must be a number'),
  v.transform(Number),
  wholeNumber(1, 1000),
);

/**
 * `POST /sessions`: 201 stored something new, 200 had it. `GET /sessions?limit=`: the newest first.
 * `GET /sessions/:id`: its facts and its playback list.
 */
export function sessionRoutes(sessions: SessionStore, database: Queryable, limits: Limits): Hono {
  return new Hono()
    .post('/sessions', limitBody(limits.maxJsonBytes), async (c) => {
      const { isNew, receipt } = await sessions.put(await readJsonBody(c.req.raw, sessionSchema));
      return c.json(receipt, isNew ? 201 : 200);
    })
    .get('/sessions', async (c) => {
      const limit = v.safeParse(listLimit, c.req.query('limit') ?? String(LIST_DEFAULT));
      if (!limit.success) throw new WireError('invalid_field', 'limit: must be 1 to 1000', { field: 'limit' });
      return c.json({ sessions: await listSessions(database, limit.output) });
    })
    .get('/sessions/:id', async (c) => {
      const id = v.safeParse(uuid, c.req.param('id'));
      const session = id.success ? await findSession(database, id.output) : undefined;
      if (session === undefined) throw new WireError('not_found', 'There is no such session.');
      const turns = await listTurns(database, session.session_id);
      return c.json({ session, turns: turns.map((turn) => ({ ...turn, playback_url: playbackUrl(turn) })) });
    });
}

/** Where a player gets the audio, with the token; null where there is none. */
function playbackUrl({ segment_id: segmentId, byte_size: byteSize }: TurnRow): string | null {
  return segmentId !== null && byteSize !== null && byteSize > 0 ? `/v1/segments/${segmentId}/audio` : null;
}
