/**
 * Every failure has a code. The list is closed: a `switch` over it is checked by the compiler, and `docs/errors.md`
 * names each with its fix.
 */
export type TurntapeErrorCode =
  // the door: what the caller gave us
  | 'invalid_option'
  | 'unknown_option'
  | 'unsupported_format'
  | 'invalid_session_id'
  | 'invalid_argument'
  | 'session_active'
  | 'session_ended'
  | 'turn_ended'
  | 'disposed'
  | 'aborted'
  // consent
  | 'consent_required'
  // the microphone and the audio graph
  | 'microphone_denied'
  | 'microphone_not_found'
  | 'microphone_busy'
  | 'microphone_failed'
  | 'output_unsupported'
  | 'output_failed'
  | 'audio_context_failed'
  | 'audio_context_suspended'
  | 'worklet_failed'
  | 'source_foreign_context'
  | 'source_taken'
  | 'source_empty'
  // the engine
  | 'asset_not_found'
  | 'worker_failed'
  | 'engine_restarted'
  | 'vad_failed'
  | 'encoder_failed'
  // the device's storage
  | 'storage_unavailable'
  | 'storage_failed'
  | 'storage_full'
  | 'audio_sealed'
  | 'undecryptable'
  // delivery
  | 'unauthorized'
  | 'rejected'
  | 'receipt_mismatch'
  | 'network'
  | 'server_error'
  | 'not_supported_by_target';

/** What a {@link TurntapeError} may carry beside its code and message. */
export interface TurntapeErrorDetail {
  /** The option or argument at fault, as the caller wrote it: `format`, `sampleRate.user`. */
  field?: string | undefined;
  /** True when the same call may succeed later without a change by the caller. Default false. */
  retryable?: boolean | undefined;
  /** What was thrown underneath. */
  cause?: unknown;
}

/** The one error class of the package: a stable `code`, the `field` at fault where there is one, and the `cause`. */
export class TurntapeError extends Error {
  override readonly name = 'TurntapeError' as const;
  readonly code: TurntapeErrorCode;
  readonly field: string | undefined;
  readonly retryable: boolean;

  constructor(code: TurntapeErrorCode, message: string, detail: TurntapeErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.field = detail.field;
    this.retryable = detail.retryable ?? false;
  }
}

/** A {@link TurntapeError} as plain data: what crosses a thread boundary. */
export interface ErrorFacts {
  code: TurntapeErrorCode;
  message: string;
  field?: string | undefined;
  retryable: boolean;
  /** The message of the cause: the cause itself may not be cloneable. */
  cause?: string | undefined;
}

/** True for an error of ours, also for one of another bundle: `dist/vad.silero.js` has a `TurntapeError` of its own. */
export function isTurntapeError(thrown: unknown): thrown is TurntapeError {
  return (
    thrown instanceof TurntapeError || (thrown instanceof Error && thrown.name === 'TurntapeError' && 'code' in thrown)
  );
}

/** Any thrown value as {@link ErrorFacts}; one that is not ours gets the code given. */
export function toErrorFacts(thrown: unknown, code: TurntapeErrorCode): ErrorFacts {
  if (isTurntapeError(thrown)) {
    const { message, field, retryable } = thrown;
    return { code: thrown.code, message, field, retryable, cause: describe(thrown.cause) };
  }
  return { code, message: describe(thrown) ?? code, retryable: false };
}

/** The error again, on the other side. */
export function fromErrorFacts(facts: ErrorFacts): TurntapeError {
  const { field, retryable, cause } = facts;
  return new TurntapeError(facts.code, facts.message, { field, retryable, cause });
}

function describe(thrown: unknown): string | undefined {
  if (thrown === undefined) return undefined;
  if (thrown instanceof Error) return `${thrown.name}: ${thrown.message}`;
  if (typeof thrown === 'string') return thrown;
  try {
    return JSON.stringify(thrown);
  } catch {
    // A loop, a BigInt: not worth an error of its own while one is being reported.
    return Object.prototype.toString.call(thrown);
  }
}
