import { Hono } from 'hono';
import * as v from 'valibot';
import { needScope, type AccessEnv } from '../access/access.ts';
import type { AudioLinks } from '../access/audio-link.ts';
import { AUDIO_FORMATS } from '../audio-format.ts';
import type { BodyBudget } from '../body-budget.ts';
import type { Database } from '../database.ts';
import { enqueue } from '../jobs/job-queue.ts';
import { DERIVED_LAYOUTS, listDerived, listMasters } from '../stores/derived-files.ts';
import { readJsonBody } from '../wire/json-body.ts';
import { sessionIdOf } from '../wire/path-id.ts';
import { oneOf } from '../wire/scalars.ts';
import type { Limits } from '../wire/file-form.ts';
import { WireError } from '../wire/wire-error.ts';
import { limitBody } from './limit-body.ts';

/** What the routes of derived files are wired from. */
export interface SessionFileParts {
  database: Database;
  links: AudioLinks;
  limits: Limits;
  budget: BodyBudget;
  /** There is a job. */
  wake: () => void;
}

/** Which file to make of a session. */
export const derivedRequestSchema = v.strictObject({
  layout: v.optional(oneOf(DERIVED_LAYOUTS), 'stereo'),
  format: v.optional(oneOf(AUDIO_FORMATS), 'opus'),
});

/**
 * `POST /sessions/:id/files`: has a file of the whole session made, 202. `GET /sessions/:id/files`: those that are
 * ready, and the work under way.
 */
export function sessionFileRoutes(parts: SessionFileParts): Hono<AccessEnv> {
  const { database, links, limits, budget, wake } = parts;
  return new Hono<AccessEnv>()
    .post(
      '/sessions/:id/files',
      limitBody(limits.maxJsonBytes, budget, (c) => void needScope(c, 'admin')),
      async (c) => {
        const sessionId = sessionIdOf(c, 'admin');
        const { layout, format } = readJsonBody(c, derivedRequestSchema);
        if ((await listMasters(database, sessionId)).length === 0)
          throw new WireError('not_found', 'The session has no audio.');
        const dedupKey = `session_file/${sessionId}/${layout}.${format}`;
        await enqueue(database, { kind: 'session_file', sessionId, dedupKey, facts: { layout, format } });
        wake();
        return c.json({ session_id: sessionId, layout, format, status: 'recording' }, 202);
      },
    )
    .get('/sessions/:id/files', async (c) => {
      const sessionId = sessionIdOf(c, 'read');
      const { rows: pending } = await database.query<{ layout: string; format: string; error: string | null }>(
        `SELECT facts ->> 'layout' AS layout, facts ->> 'format' AS format, last_error AS error,
                CASE state WHEN 'dead' THEN 'failed' ELSE 'recording' END AS status
           FROM turntape_jobs WHERE session_id = $1::uuid AND kind = 'session_file' AND state <> 'done'`,
        [sessionId],
      );
      const files = await listDerived(database, sessionId);
      const signed = files.map((file) => ({
        ...file,
        playback_url: links.sign(`/v1/files/${file.recording_id}/audio`),
      }));
      return c.json({ files: signed, pending });
    });
}
