import { Hono } from 'hono';
import { openApiDocument } from '../wire/open-api.ts';

/** `GET /openapi.json`: the wire, for people and programs. It holds nothing of anybody: no token is asked for. */
export function openApiRoutes(): Hono {
  const document = openApiDocument();
  return new Hono().get('/openapi.json', (c) => c.json(document));
}
