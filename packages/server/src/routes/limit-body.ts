import type { Context, MiddlewareHandler } from 'hono';
import type { AccessEnv } from '../access/access.ts';
import type { BodyBudget } from '../body-budget.ts';
import { WireError } from '../wire/wire-error.ts';

/**
 * Reads a JSON body for the route behind it, and refuses one of more bytes than this, declared or counted, with 413.
 * `allowed` is asked first: who may not post is told so before anything is read.
 */
export function limitBody(
  maxBytes: number,
  budget: BodyBudget,
  allowed: (c: Context<AccessEnv>) => void,
): MiddlewareHandler<AccessEnv> {
  const tooLarge = () => new WireError('too_large', `The body is larger than ${maxBytes} bytes.`);
  return async (c, next) => {
    allowed(c);
    if (Number(c.req.header('content-length') ?? 0) > maxBytes) throw tooLarge();
    await budget.share(async (share) => {
      const pieces: Buffer[] = [];
      let size = 0;
      const { incoming } = c.env;
      for await (const piece of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        size += piece.byteLength;
        // The rest is left to be dropped.
        if (size > maxBytes) throw tooLarge();
        share.take(piece.byteLength);
        pieces.push(piece);
      }
      share.wait();
      c.set('body', Buffer.concat(pieces).toString('utf8'));
      await next();
    });
  };
}
