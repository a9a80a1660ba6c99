import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { WireError } from '../wire/wire-error.ts';

/**
 * Refuses a body of more bytes than this, declared or counted. The connection ends with the refusal: a browser may see
 * a network error instead, so a client asks `GET /v1/config` first.
 */
export function limitBody(maxBytes: number): MiddlewareHandler {
  return bodyLimit({
    maxSize: maxBytes,
    onError: () => {
      throw new WireError('too_large', `The body is larger than ${maxBytes} bytes.`);
    },
  });
}
