import { Hono } from 'hono';
import type { AccessEnv } from '../access/access.ts';
import { AUDIO_FORMATS } from '../audio-format.ts';
import type { Limits } from '../wire/file-form.ts';

/** `GET /config`: what a client checks before it sends. Any good token may ask. */
export function configRoutes(limits: Limits, tickets: boolean): Hono<AccessEnv> {
  return new Hono<AccessEnv>().get('/config', (c) =>
    c.json({
      max_bytes: limits.maxBytes,
      max_json_bytes: limits.maxJsonBytes,
      formats: AUDIO_FORMATS,
      tickets,
      schema: 1,
    }),
  );
}
