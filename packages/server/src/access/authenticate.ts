import type { Context, MiddlewareHandler } from 'hono';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { ServerHooks } from '../jobs/hooks.ts';
import { failureFacts, type Log } from '../log.ts';
import { NO_QUOTA } from '../stores/session-gate.ts';
import { WireError } from '../wire/wire-error.ts';
import type { Access, AccessEnv } from './access.ts';
import type { VerifyToken } from './access-token.ts';
import type { AudioLinks } from './audio-link.ts';

/** The window of every rate limit, in seconds. */
const RATE_WINDOW_SECONDS = 10;
/** What the door is made of. */
export interface DoorOptions {
  verify: VerifyToken;
  links: AudioLinks;
  /** Requests of one token in {@link RATE_WINDOW_SECONDS}, and refusals of one address. */
  requestsPerWindow: number;
  /** The operator's own say. */
  authorize: ServerHooks['authorize'];
  log: Log;
  /** The address of the connection, for counting refusals. */
  addressOf: (c: Context) => string;
}

/**
 * Lets a request through that carries a good token, or the signed address of one file. Cookies never count: a form of
 * another site can send them. Every other request is 401, and the answer does not say why. Counted in this process:
 * behind a balancer a token has as many windows as there are processes.
 */
export function authenticate({
  verify,
  links,
  requestsPerWindow,
  addressOf,
  authorize,
  log,
}: DoorOptions): MiddlewareHandler<AccessEnv> {
  const requests = new RateLimiterMemory({ points: requestsPerWindow, duration: RATE_WINDOW_SECONDS });
  const refusals = new RateLimiterMemory({ points: requestsPerWindow, duration: RATE_WINDOW_SECONDS });
  return async (c, next) => {
    const access = (await bearer(c, verify)) ?? linked(c, links);
    if (access === undefined) {
      await count(refusals, addressOf(c));
      throw new WireError('unauthorized', 'This needs the header "Authorization: Bearer <token>" with a valid token.', {
        headers: { 'www-authenticate': 'Bearer' },
      });
    }
    if (!access.isUnlimited) await count(requests, access.tokenId);
    if (authorize !== undefined && !(await isAllowed(authorize, access, c, log)))
      throw new WireError('forbidden', 'The token does not allow this.');
    c.set('access', access);
    await next();
  };
}

/** How long to wait before asking again what the operator's own hook could not answer, in milliseconds. */
const AGAIN_MS = 5000;

async function isAllowed(
  authorize: NonNullable<ServerHooks['authorize']>,
  { subject, sessionId, scopes }: Access,
  c: Context,
  log: Log,
): Promise<boolean> {
  try {
    return await authorize({ subject, sessionId, scopes: [...scopes], method: c.req.method, path: c.req.path });
  } catch (thrown) {
    log('error', 'authorize_failed', failureFacts(thrown));
    throw new WireError('unavailable', 'Whether this is allowed cannot be told now. Try again.', {
      retryAfterMs: AGAIN_MS,
    });
  }
}

async function bearer(c: Context, verify: VerifyToken): Promise<Access | undefined> {
  const [scheme, token, ...rest] = (c.req.header('authorization') ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'bearer' || token === undefined || token === '' || rest.length > 0) return undefined;
  return verify(token);
}

/** The signature is over the path: it opens that file, for reading, and nothing else. */
function linked(c: Context, links: AudioLinks): Access | undefined {
  const { expires, signature } = c.req.query();
  if (c.req.method !== 'GET' || expires === undefined || signature === undefined) return undefined;
  if (!links.isGood(c.req.path, expires, signature)) return undefined;
  const expiresAtMs = Number(expires) * 1000;
  return {
    tokenId: signature,
    subject: 'link',
    sessionId: '*',
    scopes: new Set(['read']),
    quota: NO_QUOTA,
    expiresAtMs,
    speakers: new Set(),
    isUnlimited: false,
  };
}

async function count(limiter: RateLimiterMemory, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (thrown) {
    if (!(thrown instanceof RateLimiterRes)) throw thrown;
    throw new WireError('rate_limited', 'Too many requests; wait before the next.', {
      retryAfterMs: thrown.msBeforeNext,
    });
  }
}
