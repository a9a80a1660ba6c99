import { TurntapeError } from '../../core/errors.ts';
import type { ServerAnswer } from '../../upload-contract/server-answer.ts';
import { retryAfterMs } from './retry-after.ts';

/** An answer that was read to its end. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The body as JSON; undefined when it is none. */
  readonly body: unknown;
}

/** 408 timeout, 425 too early, 429 too many: the same request may succeed later. */
const RETRYABLE: ReadonlySet<number> = new Set([408, 425, 429]);

/** What was asked: all but segments are optional for a backend. */
export type PostKind = 'segment' | 'transcript' | 'session' | 'erasure';

/** Longest text of a backend that is carried in an error. */
const MAX_TEXT = 300;

/** True for 200 … 299: stored durably. */
export function isStored({ status }: HttpAnswer): boolean {
  return status >= 200 && status <= 299;
}

/** True when the token is at fault: a fresh one is worth a try. */
export function isUnauthorized({ status }: HttpAnswer): boolean {
  return status === 401 || status === 403;
}

/** What an answer that is no success means, as the error that a target throws. Its cause is a {@link ServerAnswer}. */
export function errorOf(answer: HttpAnswer, kind: PostKind, nowMs: number): TurntapeError {
  const { status } = answer;
  const said = readError(answer, nowMs);
  const words = [said.code, said.message].filter(Boolean).join(': ') || 'without a word';
  const detail = { field: said.field, cause: said };
  if (isUnauthorized(answer))
    return new TurntapeError('unauthorized', `the backend refused the token (${status} ${words})`, detail);
  if (kind !== 'segment' && (status === 404 || status === 405))
    return new TurntapeError('not_supported_by_target', `the backend takes no ${kind}s (${status})`, detail);
  if (RETRYABLE.has(status) || status >= 500 || status < 400)
    return new TurntapeError('server_error', `the backend is not able to take it now (${status} ${words})`, {
      ...detail,
      retryable: true,
    });
  return new TurntapeError('rejected', `the backend refused it (${status} ${words})`, detail);
}

/** A success whose body says something else than it should: what it stored is not proved. */
export function malformed(answer: HttpAnswer, missing: string): TurntapeError {
  return new TurntapeError('server_error', `the backend answered ${answer.status} without a valid ${missing}`, {
    retryable: true,
    cause: { status: answer.status, code: undefined, message: undefined, field: missing, retryAfterMs: undefined },
  });
}

/** The fields of a JSON object; of anything else none. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function readError({ status, headers, body }: HttpAnswer, nowMs: number): ServerAnswer {
  const error = fieldsOf(fieldsOf(body)['error']);
  return {
    status,
    code: text(error['code']),
    message: text(error['message']),
    field: text(error['field']),
    retryAfterMs: retryAfterMs(headers, error['retry_after_ms'], nowMs),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, MAX_TEXT) : undefined;
}
