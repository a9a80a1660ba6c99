import type * as v from 'valibot';
import { checkJson } from './check.ts';
import { WireError } from './wire-error.ts';

/** Reads and checks a JSON body. Its size was limited before. */
export async function readJsonBody<const Schema extends v.GenericSchema>(
  request: Request,
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers.get('content-type') ?? ''))
    throw new WireError('unsupported_media_type', 'This is posted as application/json.');
  return checkJson(schema, await request.text());
}
