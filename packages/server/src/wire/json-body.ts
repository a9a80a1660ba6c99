import type { Context } from 'hono';
import type * as v from 'valibot';
import type { AccessEnv } from '../access/access.ts';
import { checkJson } from './check.ts';
import { WireError } from './wire-error.ts';

/** Checks the JSON body that `limitBody` has read. */
export function readJsonBody<const Schema extends v.GenericSchema>(
  c: Context<AccessEnv>,
  schema: Schema,
): v.InferOutput<Schema> {
  if (!/^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? ''))
    throw new WireError('unsupported_media_type', 'This is posted as application/json.');
  return checkJson(schema, c.get('body'));
}
