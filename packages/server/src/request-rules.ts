import type { HttpBindings } from '@hono/node-server';
import type { ErrorHandler, MiddlewareHandler } from 'hono';
import { dropBody } from './drop-body.ts';
import { failureFacts, type Log, type LogLevel } from './log.ts';
import type { Metrics } from './operate/metrics.ts';
import { toWireError, WireError } from './wire/wire-error.ts';

/** How long a client should wait for this server to come back, or for another. */
const RESTART_MS = 2000;

/** Every failure as `{"error":{"code","message","field"}}`. What is our own fault is logged; the client learns little. */
export function answerErrors(log: Log): ErrorHandler {
  return async (thrown, c) => {
    const error = toWireError(thrown);
    if (error.status >= 500 && error !== thrown) log('error', 'request_failed', failureFacts(thrown));
    const isRead = await dropBody((c.env as Partial<HttpBindings> | undefined)?.incoming);
    return c.json(error.body, error.status, isRead ? error.headers : { ...error.headers, connection: 'close' });
  };
}

/** One line per request: what, how it ended, how long it took. No header, query, body or answer is in it. */
export function logRequests(log: Log, metrics: Metrics): MiddlewareHandler {
  return async (c, next) => {
    const startedAt = performance.now();
    await next();
    const thrown = c.error;
    const durationMs = performance.now() - startedAt;
    metrics.requestSeconds.observe({ method: c.req.method, status: String(c.res.status) }, durationMs / 1000);
    if (thrown !== undefined) metrics.rejected.inc({ code: toWireError(thrown).code });
    log(levelOf(c.res.status), 'request', {
      method: c.req.method,
      path: c.req.path,
      status: c.res.status,
      code: thrown instanceof WireError ? thrown.code : undefined,
      field: thrown instanceof WireError ? thrown.field : undefined,
      duration_ms: Math.round(durationMs * 10) / 10,
    });
  };
}

/** What went right is told by what was stored. */
function levelOf(status: number): LogLevel {
  if (status >= 500) return 'warn';
  return status >= 400 ? 'info' : 'debug';
}

/** What no answer of this server is: a page, a script, something to keep in a cache. */
export const setSafeHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  c.header('x-content-type-options', 'nosniff');
  c.header('referrer-policy', 'no-referrer');
  // Browsers heed it where there is TLS, and only there.
  c.header('strict-transport-security', 'max-age=31536000; includeSubDomains');
  if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store');
  if (!c.res.headers.has('content-security-policy'))
    c.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
};

/** A connection that stays open past the end of the server may still bring requests. */
export function refuseWhileClosing(closing: AbortSignal): MiddlewareHandler {
  return async (c, next) => {
    if (closing.aborted)
      throw new WireError('unavailable', 'The server is shutting down.', {
        retryAfterMs: RESTART_MS,
        headers: { connection: 'close' },
      });
    await next();
    // Under way when the end began: without this the connection, idle from now on, would keep the server open.
    if (closing.aborted) c.header('connection', 'close');
  };
}
