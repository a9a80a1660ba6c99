import * as v from 'valibot';
import { WireError } from './wire-error.ts';

/** Deeper nesting than any fact of ours; the app's metadata may use the rest. */
const MAX_DEPTH = 32;

/**
 * Parses and checks a JSON text. Text that is no JSON is 400; a value that does not fit is 422 and names the field.
 * `root` names the part of a form that the text was in, for an error about the whole.
 */
export function checkJson<const Schema extends v.GenericSchema>(
  schema: Schema,
  json: string,
  root?: string,
): v.InferOutput<Schema> {
  const value = parseJson(json, root);
  checkStorable(value, []);
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const issue = result.issues[0];
  const field = v.getDotPath(issue) ?? root;
  throw new WireError('invalid_field', field === undefined ? issue.message : `${field}: ${describe(issue)}`, { field });
}

function parseJson(json: string, field: string | undefined): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    // The parser's own message quotes the text.
    if (cause instanceof SyntaxError) throw new WireError('malformed', 'The body is not valid JSON.', { field });
    throw cause;
  }
}

/** PostgreSQL stores neither NUL nor half a surrogate pair; better to refuse by name than to fail inside. */
function checkStorable(value: unknown, path: readonly string[]): void {
  if (path.length > MAX_DEPTH) throw refusal(path.slice(0, 3), `is nested deeper than ${MAX_DEPTH} levels`);
  if (typeof value === 'string' && !isStorable(value)) throw refusal(path, 'holds a character that cannot be stored');
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    if (!isStorable(name)) throw refusal(path, 'holds a name that cannot be stored');
    checkStorable(inner, [...path, name]);
  }
}

function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

function refusal(path: readonly string[], message: string): WireError {
  const field = path.length === 0 ? undefined : path.join('.');
  return new WireError('invalid_field', field === undefined ? message : `${field}: ${message}`, { field });
}

/** A missing name reads better than the library's `Expected "segment_id" but received undefined`. */
function describe(issue: v.BaseIssue<unknown>): string {
  return issue.input === undefined ? 'is missing' : issue.message;
}
