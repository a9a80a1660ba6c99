import { Hono, type Context } from 'hono';
import { needScope, sessionFilter, type AccessEnv } from '../access/access.ts';
import type { Database } from '../database.ts';
import { listJobs, retryJob } from '../jobs/job-queue.ts';
import type { SweepReport } from '../operate/sweep.ts';
import { jobListQuery, readQuery, sweepQuery } from '../wire/query.ts';
import { idOf } from '../wire/path-id.ts';
import { WireError } from '../wire/wire-error.ts';

/** What the routes of operations are wired from. */
export interface OperationParts {
  database: Database;
  sweep: (dryRun: boolean) => Promise<SweepReport>;
  /** There is a job. */
  wake: () => void;
}

/** `GET /jobs`: by state, those that were given up when nothing is said. `POST /jobs/:id/retry`. `POST /sweeps`. */
export function operationRoutes({ database, sweep, wake }: OperationParts): Hono<AccessEnv> {
  return new Hono<AccessEnv>()
    .get('/jobs', async (c) => {
      needEverySession(c);
      const { state, limit } = readQuery(jobListQuery, c.req.query());
      return c.json({ jobs: await listJobs(database, state, limit) });
    })
    .post('/jobs/:id/retry', async (c) => {
      needEverySession(c);
      if (!(await retryJob(database, idOf(c, 'id', 'job')))) throw new WireError('not_found', 'There is no such job.');
      wake();
      return c.body(null, 202);
    })
    .post('/sweeps', async (c) => {
      needEverySession(c);
      const { dry_run: dryRun } = readQuery(sweepQuery, c.req.query());
      return c.json(await sweep(dryRun));
    });
}

/** What concerns every session is not for a token of one. */
function needEverySession(c: Context<AccessEnv>): void {
  if (sessionFilter(needScope(c, 'admin')) !== null) throw new WireError('forbidden', 'The token does not allow this.');
}
