import { Hono } from 'hono';
import { needScope, type AccessEnv } from '../access/access.ts';
import type { BlobStore } from '../blob-store.ts';
import type { BodyBudget } from '../body-budget.ts';
import type { Database } from '../database.ts';
import { eraseSession } from '../stores/erasure.ts';
import { controlSchema, controlSession } from '../stores/session-control.ts';
import { readJsonBody } from '../wire/json-body.ts';
import { sessionIdOf } from '../wire/path-id.ts';
import type { Limits } from '../wire/file-form.ts';
import { WireError } from '../wire/wire-error.ts';
import { limitBody } from './limit-body.ts';

/** What the routes of operators are wired from. */
export interface SessionAdminParts {
  database: Database;
  blobs: BlobStore;
  limits: Limits;
  budget: BodyBudget;
}

/** `PATCH /sessions/:id`: how long it is kept, held, closed. `DELETE /sessions/:id`: erased, with what went. */
export function sessionAdminRoutes({ database, blobs, limits, budget }: SessionAdminParts): Hono<AccessEnv> {
  return new Hono<AccessEnv>()
    .patch(
      '/sessions/:id',
      limitBody(limits.maxJsonBytes, budget, (c) => void needScope(c, 'admin')),
      async (c) => {
        const sessionId = sessionIdOf(c, 'admin');
        return c.json(await controlSession(database, blobs, sessionId, readJsonBody(c, controlSchema)));
      },
    )
    .delete('/sessions/:id', async (c) => {
      const erased = await eraseSession(database, blobs, sessionIdOf(c, 'admin'), 'request');
      if (erased === undefined) throw new WireError('not_found', 'There is no such session.');
      return c.json(erased);
    });
}
