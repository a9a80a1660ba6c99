import { createHash, timingSafeEqual } from 'node:crypto';
import { Hono } from 'hono';
import { sessionFilter } from '../access/access.ts';
import type { VerifyToken } from '../access/access-token.ts';
import type { BlobStore } from '../blob-store.ts';
import type { Database } from '../database.ts';
import { failureFacts, type Log } from '../log.ts';
import type { Metrics } from '../operate/metrics.ts';
import { WireError } from '../wire/wire-error.ts';

/** What the routes of health are wired from. */
export interface HealthParts {
  database: Database;
  blobs: BlobStore;
  metrics: Metrics;
  metricsToken: string;
  verify: VerifyToken;
  log: Log;
}

/** A database or a store that does not answer within this is not ready, in milliseconds. */
const READY_MS = 4000;

/**
 * `GET /healthz`: the process lives. `GET /readyz`: it can store; 503 with what it cannot. `GET /metrics`: for
 * Prometheus, with a token of its own or that of an admin of every session.
 */
export function healthRoutes({ database, blobs, metrics, metricsToken, verify, log }: HealthParts): Hono {
  return new Hono()
    .get('/healthz', (c) => c.json({ status: 'ok' }))
    .get('/readyz', async (c) => {
      const failed: string[] = [];
      const check = async (what: string, asked: Promise<unknown>) => {
        try {
          await within(READY_MS, asked);
        } catch (thrown) {
          failed.push(what);
          log('warn', 'not_ready', { what, ...failureFacts(thrown) });
        }
      };
      await Promise.all([check('database', database.query('SELECT 1')), check('store', blobs.probe())]);
      if (failed.length === 0) return c.json({ status: 'ready' });
      return c.json({ status: 'not_ready', failed: failed.sort() }, 503, { 'retry-after': '5' });
    })
    .get('/metrics', async (c) => {
      const [scheme, token = ''] = (c.req.header('authorization') ?? '').split(' ');
      if (scheme?.toLowerCase() !== 'bearer' || !(await mayLook(token, metricsToken, verify)))
        throw new WireError('unauthorized', 'This needs the token for metrics, or an admin token.');
      const { type, body } = await metrics.text();
      return c.body(body, 200, { 'content-type': type });
    });
}

async function mayLook(token: string, metricsToken: string, verify: VerifyToken): Promise<boolean> {
  if (metricsToken !== '' && timingSafeEqual(digest(token), digest(metricsToken))) return true;
  const access = await verify(token);
  // They are figures of every session.
  return access !== undefined && access.scopes.has('admin') && sessionFilter(access) === null;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

async function within<Result>(limitMs: number, asked: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error('It did not answer in time.')), limitMs);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
