import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { StoreError } from '../blob-store.ts';

/**
 * Every refusal has a stable code; the message is for people and may change.
 * 400 malformed · 401 unauthorized · 403 forbidden, quota_exceeded · 404 not_found · 409 conflict, on_hold · 410 gone ·
 * 413 too_large · 415 unsupported_media_type · 416 range_not_satisfiable · 422 invalid_field, hash_mismatch,
 * size_mismatch · 429 rate_limited · 500 internal · 503 unavailable · 507 storage_full
 */
export const WIRE_ERRORS = {
  malformed: 400,
  unauthorized: 401,
  forbidden: 403,
  quota_exceeded: 403,
  not_found: 404,
  conflict: 409,
  on_hold: 409,
  gone: 410,
  too_large: 413,
  unsupported_media_type: 415,
  range_not_satisfiable: 416,
  invalid_field: 422,
  hash_mismatch: 422,
  size_mismatch: 422,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
  storage_full: 507,
} as const satisfies Readonly<Record<string, ContentfulStatusCode>>;

/** One of {@link WIRE_ERRORS}. */
export type WireErrorCode = keyof typeof WIRE_ERRORS;

/** What a {@link WireError} may carry beside its code and message. */
export interface WireErrorDetail {
  /** The field at fault, as it is called on the wire: `sha256`, `gaps.0.start_ms`. */
  field?: string | undefined;
  /** When to try again, in milliseconds; leaves as `Retry-After` and again in the body. */
  retryAfterMs?: number | undefined;
  /** Further headers of the answer. */
  headers?: Readonly<Record<string, string>> | undefined;
}

/** A refusal that the client is told of. */
export class WireError extends Error {
  override readonly name = 'WireError' as const;
  readonly code: WireErrorCode;
  readonly status: ContentfulStatusCode;
  readonly field: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: WireErrorCode, message: string, detail: WireErrorDetail = {}) {
    super(message);
    this.code = code;
    this.status = WIRE_ERRORS[code];
    this.field = detail.field;
    this.retryAfterMs = detail.retryAfterMs;
    this.headers = {
      ...detail.headers,
      // Whole seconds, rounded up: a client that waits this long is never early.
      ...(detail.retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(detail.retryAfterMs / 1000)) }),
    };
  }

  /** The body of the answer. */
  get body(): WireErrorBody {
    return {
      error: {
        code: this.code,
        message: this.message,
        ...(this.field === undefined ? {} : { field: this.field }),
        ...(this.retryAfterMs === undefined ? {} : { retry_after_ms: this.retryAfterMs }),
      },
    };
  }
}

/** Every answer of 400 and above. */
export interface WireErrorBody {
  error: { code: WireErrorCode; message: string; field?: string; retry_after_ms?: number };
}

/** Codes of Node and of PostgreSQL that say "no room". */
const FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', '53100']);

/** When to try again after a database or a store that did not answer, in milliseconds. */
const AGAIN_MS = 5000;

/** Codes of Node's sockets: the database's host is not there, or went away. */
const LOST: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** What the driver says without a code when the line is lost, or when no connection is free in time. */
const LOST_MESSAGE = /connection terminated|timeout exceeded when trying to connect|query read timeout|not queryable/i;

/** Whether the database did not answer, or is not open for us now, so that the same request may work later. */
function isDatabaseAway(thrown: Error): boolean {
  const { code } = thrown as { code?: unknown };
  // PostgreSQL: connection exceptions, resources, operator intervention, lock, deadlock, a pooler's lost plan.
  if (typeof code === 'string' && /^(08|53[^1]|57P|40P01|40001|55P03|26000|42P05)/.test(code)) return true;
  return LOST.has(code) || LOST_MESSAGE.test(thrown.message);
}

/** Any thrown value as the refusal that the client may see; nothing of what went wrong inside leaks. */
export function toWireError(thrown: unknown): WireError {
  if (thrown instanceof WireError) return thrown;
  if (thrown instanceof Error && FULL.has((thrown as { code?: unknown }).code))
    return new WireError('storage_full', 'There is no room left to store this; it was not stored.');
  if (thrown instanceof StoreError || (thrown instanceof Error && isDatabaseAway(thrown)))
    return new WireError('unavailable', 'The server cannot store this now; it was not stored. Try again.', {
      retryAfterMs: AGAIN_MS,
    });
  return new WireError('internal', 'The server failed; what was sent was not stored. Try again later.');
}
