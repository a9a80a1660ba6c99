import { Hono } from 'hono';
import { needScope, needSession, sessionFilter, type AccessEnv } from '../access/access.ts';
import type { AudioLinks } from '../access/audio-link.ts';
import { uploadRequestSchema, type Mint } from '../access/upload-token.ts';
import type { BodyBudget } from '../body-budget.ts';
import type { Queryable } from '../database.ts';
import type { Log } from '../log.ts';
import { findSession, listTurns, type TurnRow } from '../stores/playback.ts';
import { listSessions } from '../stores/session-list.ts';
import type { SessionStore } from '../stores/session-store.ts';
import { listRevisions } from '../stores/transcript-store.ts';
import { buildTimeline } from '../stores/timeline.ts';
import { readJsonBody } from '../wire/json-body.ts';
import { readQuery, sessionListQuery, turnListQuery } from '../wire/query.ts';
import { sessionIdOf } from '../wire/path-id.ts';
import type { Limits } from '../wire/file-form.ts';
import { sessionSchema } from '../wire/session.ts';
import { WireError } from '../wire/wire-error.ts';
import { limitBody } from './limit-body.ts';

/** What the routes of sessions are wired from. */
export interface SessionRouteParts {
  sessions: SessionStore;
  database: Queryable;
  links: AudioLinks;
  /** Undefined: no upload tokens are made here. */
  mint: Mint | undefined;
  limits: Limits;
  budget: BodyBudget;
  log: Log;
}

/**
 * `POST /sessions`: 201 stored something new, 200 had it. `GET /sessions`: the newest first, a page at a time.
 * `GET /sessions/:id`: its facts and its playback list. `…/timeline`: everything on one axis. `…/revisions`: what
 * earlier revisions of a transcript said.
 */
export function sessionRoutes({
  sessions,
  database,
  links,
  mint,
  limits,
  budget,
  log,
}: SessionRouteParts): Hono<AccessEnv> {
  return new Hono<AccessEnv>()
    .post(
      '/sessions',
      limitBody(limits.maxJsonBytes, budget, (c) => void needScope(c, 'write')),
      async (c) => {
        const facts = readJsonBody(c, sessionSchema);
        const { upload } = readJsonBody(c, uploadRequestSchema);
        // A wish, and no fact.
        delete facts['upload'];
        const access = needSession(c, 'write', facts.session_id);
        if (upload !== undefined) needScope(c, 'mint');
        if (upload !== undefined && mint === undefined)
          throw new WireError('invalid_field', 'upload: this server has one token for all; set TURNTAPE_SECRET', {
            field: 'upload',
          });
        const { isNew, isEnd, receipt } = await sessions.put(facts);
        if (isEnd) log('info', 'session_ended', { session_id: facts.session_id });
        const token = upload && (await mint?.(facts.session_id, access.subject, upload));
        return c.json({ ...receipt, ...token }, isNew ? 201 : 200);
      },
    )
    .get('/sessions', async (c) => {
      const access = needScope(c, 'read');
      const query = readQuery(sessionListQuery, c.req.query());
      return c.json(await listSessions(database, query, sessionFilter(access)));
    })
    .get('/sessions/:id', async (c) => {
      const sessionId = sessionIdOf(c, 'read');
      const query = readQuery(turnListQuery, c.req.query());
      const session = await findSession(database, sessionId);
      if (session === undefined) throw noSession();
      const turns = await listTurns(database, sessionId, query);
      return c.json({
        session,
        turns: turns.map((turn) => ({ ...turn, playback_url: playbackUrl(links, turn) })),
        // An EventSource sends no header.
        events_url: links.sign(`/v1/sessions/${sessionId}/events`),
      });
    })
    .get('/sessions/:id/timeline', async (c) => {
      const sessionId = sessionIdOf(c, 'read');
      const timeline = await buildTimeline(database, sessionId);
      if (timeline === undefined) throw noSession();
      return c.json(timeline);
    })
    .get('/sessions/:id/revisions', async (c) => {
      const sessionId = sessionIdOf(c, 'read');
      const transcriptId = c.req.query('transcript_id') ?? '';
      const revisions = await listRevisions(database, sessionId, transcriptId);
      if (revisions.length === 0) throw new WireError('not_found', 'There is no such transcript.');
      return c.json({ transcript_id: transcriptId, revisions });
    });
}

function noSession(): WireError {
  return new WireError('not_found', 'There is no such session.');
}

/** Where a player gets the audio, without a header and for a while; null where there is none. */
function playbackUrl(links: AudioLinks, { segment_id: id, byte_size: byteSize }: TurnRow): string | null {
  return id !== null && byteSize !== null && byteSize > 0 ? links.sign(`/v1/segments/${id}/audio`) : null;
}
