import type { ContentfulStatusCode } from 'hono/utils/http-status';

/**
 * Every refusal has a stable code; the message is for people and may change.
 * 400 malformed · 401 unauthorized · 404 not_found · 409 conflict · 413 too_large · 415 unsupported_media_type ·
 * 416 range_not_satisfiable · 422 invalid_field, hash_mismatch, size_mismatch · 500 internal · 503 unavailable ·
 * 507 storage_full
 */
export type WireErrorCode =
  | 'malformed'
  | 'unauthorized'
  | 'not_found'
  | 'conflict'
  | 'too_large'
  | 'unsupported_media_type'
  | 'range_not_satisfiable'
  | 'invalid_field'
  | 'hash_mismatch'
  | 'size_mismatch'
  | 'internal'
  | 'unavailable'
  | 'storage_full';

/** What a {@link WireError} may carry beside its code and message. */
export interface WireErrorDetail {
  /** The field at fault, as it is called on the wire: `sha256`, `gaps.0.start_ms`. */
  field?: string | undefined;
  /** When to try again, in milliseconds; leaves as `Retry-After` and again in the body. */
  retryAfterMs?: number | undefined;
  /** Further headers of the answer. */
  headers?: Readonly<Record<string, string>> | undefined;
}

const STATUS: Readonly<Record<WireErrorCode, ContentfulStatusCode>> = {
  malformed: 400,
  unauthorized: 401,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  unsupported_media_type: 415,
  range_not_satisfiable: 416,
  invalid_field: 422,
  hash_mismatch: 422,
  size_mismatch: 422,
  internal: 500,
  unavailable: 503,
  storage_full: 507,
};

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
    this.status = STATUS[code];
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

/** Any thrown value as the refusal that the client may see; nothing of what went wrong inside leaks. */
export function toWireError(thrown: unknown): WireError {
  if (thrown instanceof WireError) return thrown;
  if (thrown instanceof Error && FULL.has((thrown as { code?: unknown }).code))
    return new WireError('storage_full', 'There is no room left to store this; it was not stored.');
  return new WireError('internal', 'The server failed; what was sent was not stored. Try again later.');
}
