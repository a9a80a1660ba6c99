import type { MiddlewareHandler } from 'hono';
import type { AccessEnv } from './access/access.ts';
import type { Database } from './database.ts';
import { failureFacts, type Log } from './log.ts';
import { countRefusal } from './stores/refusals.ts';
import { toWireError } from './wire/wire-error.ts';

/**
 * Keeps, with a session that is there, how often something sent for it was refused, by code. Which session that is says the
 * token, or the facts when they were read. Not counted: what the session is not at fault for (the server's own failures), and
 * what costs less than counting it (rates).
 */
export function countRefusals(database: Database, log: Log): MiddlewareHandler<AccessEnv> {
  return async (c, next) => {
    await next();
    if (c.error === undefined || c.req.method !== 'POST') return;
    const { status, code } = toWireError(c.error);
    const access = c.get('access') as { sessionId: string } | undefined;
    const sessionId = (c.get('sessionId') as string | undefined) ?? access?.sessionId;
    if (status >= 500 || status === 429 || sessionId === undefined || !/^[0-9a-f-]{36}$/.test(sessionId)) return;
    await countRefusal(database, sessionId, code).catch((thrown: unknown) =>
      log('warn', 'refusal_not_counted', failureFacts(thrown)),
    );
  };
}
