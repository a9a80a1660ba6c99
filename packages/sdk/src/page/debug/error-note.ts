import type { TurntapeError, TurntapeErrorCode } from '../../core/errors.ts';
import { serverAnswer } from '../../upload-contract/server-answer.ts';
import type { LogArea, Note } from './log-entry.ts';

/**
 * Messages that repeat what somebody else said: a backend, a store, a listener of the app. What they said may hold anything,
 * a transcript or an address with a token in it. Of these the code and the backend's own code are told.
 */
const WORDS_OF_OTHERS: ReadonlySet<TurntapeErrorCode> = new Set<TurntapeErrorCode>([
  'worker_failed',
  'unauthorized',
  'rejected',
  'receipt_mismatch',
  'network',
  'server_error',
  'not_supported_by_target',
]);

const OF_DELIVERY: ReadonlySet<TurntapeErrorCode> = new Set<TurntapeErrorCode>(
  [...WORDS_OF_OTHERS].filter((code) => code !== 'worker_failed'),
);

/** A backend's codes are short names: whatever else stands in their place is not repeated. */
const CODE = /^[\w.-]{1,64}$/;

/** An error as a note. `verbatim`: with everything that was said, by whomever. */
export function errorNote(error: TurntapeError, verbatim: boolean): Note {
  const answer = serverAnswer(error);
  return {
    level: 'error',
    area: areaOf(error.code),
    message: verbatim || !WORDS_OF_OTHERS.has(error.code) ? error.message : `failed: ${error.code}`,
    facts: {
      code: error.code,
      retryable: error.retryable,
      field: name(error.field),
      cause: verbatim ? saidBy(error.cause) : causeName(error.cause),
      status: answer?.status,
      serverCode: name(answer?.code),
      retryAfterMs: answer?.retryAfterMs,
    },
  };
}

function name(value: string | undefined): string | undefined {
  return value !== undefined && CODE.test(value) ? value : undefined;
}

/** `NotAllowedError`: what the browser calls it. One that crossed a thread is `Name: words`. */
function causeName(cause: unknown): string | undefined {
  if (cause instanceof Error) return cause.name;
  return typeof cause === 'string' ? /^(\w*(?:Error|Exception)): /.exec(cause)?.[1] : undefined;
}

function saidBy(cause: unknown): string | undefined {
  if (cause instanceof Error) return `${cause.name}: ${cause.message}`;
  return typeof cause === 'string' ? cause : undefined;
}

function areaOf(code: TurntapeErrorCode): LogArea {
  if (OF_DELIVERY.has(code)) return 'delivery';
  if (code.startsWith('microphone')) return 'microphone';
  if (code.startsWith('storage') || code === 'undecryptable' || code === 'audio_sealed') return 'storage';
  if (code.startsWith('audio_context') || code.startsWith('output') || code.startsWith('source')) return 'sound';
  return code === 'vad_failed' ? 'detector' : 'session';
}
