import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { WireError } from './wire/wire-error.ts';

/** Lets a request through that carries the token. Cookies alone never do: a form of another site can send them. */
export function requireToken(token: string): MiddlewareHandler {
  const expected = digest(token);
  return async (c, next) => {
    const [scheme, given, ...rest] = (c.req.header('authorization') ?? '').split(' ');
    // Hashes have one length, as the comparison in constant time needs.
    const matches = timingSafeEqual(digest(given ?? ''), expected);
    if (!matches || scheme?.toLowerCase() !== 'bearer' || rest.length > 0)
      throw new WireError('unauthorized', 'This needs the header "Authorization: Bearer <token>" with a valid token.', {
        headers: { 'www-authenticate': 'Bearer' },
      });
    await next();
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
