import { Hono } from 'hono';
import { AUDIO_FORMATS } from '../audio-format.ts';
import type { Limits } from '../wire/segment-form.ts';

/** `GET /config`: what a client checks before it sends. */
export function configRoutes(limits: Limits): Hono {
  return new Hono().get('/config', (c) =>
    c.json({ max_bytes: limits.maxBytes, max_json_bytes: limits.maxJsonBytes, formats: AUDIO_FORMATS, schema: 1 }),
  );
}
