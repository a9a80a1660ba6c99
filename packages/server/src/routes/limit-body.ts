import type { MiddlewareHandler } from 'hono';
import { WireError } from '../wire/wire-error.ts';

/** Refuses a body of more bytes than this, declared or counted, with 413. */
export function limitBody(maxBytes: number): MiddlewareHandler {
  const tooLarge = () => new WireError('too_large', `The body is larger than ${maxBytes} bytes.`);
  return async (c, next) => {
    const declared = c.req.header('content-length');
    if (declared !== undefined && Number(declared) > maxBytes) throw tooLarge();
    const { body } = c.req.raw;
    if (declared !== undefined || body === null) return next();
    const bytes = await readUpTo(body, maxBytes);
    if (bytes === undefined) throw tooLarge();
    c.req.raw = new Request(c.req.raw, { method: c.req.method, body: bytes });
    return next();
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
