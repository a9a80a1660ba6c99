import type { Context, MiddlewareHandler } from 'hono';
import type { AccessEnv } from '../access/access.ts';
import type { BodyBudget } from '../body-budget.ts';
import { WireError } from '../wire/wire-error.ts';

/**
 * Refuses a body of more bytes than this, declared or counted, with 413. `allowed` is asked first: who may not post is
 * told so before anything is read.
 */
export function limitBody(
  maxBytes: number,
  budget: BodyBudget,
  allowed: (c: Context<AccessEnv>) => void,
): MiddlewareHandler<AccessEnv> {
  const tooLarge = () => new WireError('too_large', `The body is larger than ${maxBytes} bytes.`);
  return async (c, next) => {
    allowed(c);
    const declared = c.req.header('content-length');
    if (declared !== undefined && Number(declared) > maxBytes) throw tooLarge();
    const { body } = c.req.raw;
    const room = declared === undefined ? maxBytes : Number(declared);
    if (body === null) return next();
    budget.take(room);
    try {
      if (declared !== undefined) return await next();
      const bytes = await readUpTo(body, maxBytes);
      if (bytes === undefined) throw tooLarge();
      c.req.raw = new Request(c.req.raw, { method: c.req.method, body: bytes });
      return await next();
    } finally {
      budget.give(room);
    }
  };
}

/** The whole body, or undefined as soon as it is too large; the rest is left to be read. */
async function readUpTo(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(Buffer.concat(chunks));
    chunks.push(value);
    size += value.byteLength;
    if (size <= maxBytes) continue;
    reader.releaseLock();
    return undefined;
  }
}
