import type { TurntapeErrorCode } from 'turntape';
import { DEFAULT_FAILURES } from './failure-texts.ts';
import type { FailureText } from './failure-texts.ts';
import { denialOf, thisPage } from './microphone-denial.ts';
import type { TurnTapeTexts } from './texts.ts';

/** A failure as the element shows it. */
export interface Failure {
  /** Undefined for whatever is not ours. */
  readonly code: TurntapeErrorCode | undefined;
  readonly error: unknown;
  /** True when nothing is being recorded because of it, and trying again makes sense. */
  readonly starting: boolean;
}

/** Codes of delivery: the recording itself goes on, and nothing is lost. */
const DELIVERY: ReadonlySet<TurntapeErrorCode> = new Set([
  'unauthorized',
  'rejected',
  'receipt_mismatch',
  'network',
  'server_error',
  'not_supported_by_target',
]);

/** Codes after which the recording goes on. */
const GOES_ON: ReadonlySet<TurntapeErrorCode> = new Set([
  'vad_failed',
  'engine_restarted',
  'output_failed',
  'output_unsupported',
]);

/** Codes that a receipt proves to be over. */
const OVER_WITH_A_RECEIPT: ReadonlySet<TurntapeErrorCode> = new Set(['unauthorized', 'network', 'server_error']);

/** Any thrown value as a failure. */
export function asFailure(thrown: unknown, starting: boolean): Failure {
  return { code: codeOf(thrown), error: thrown, starting };
}

/** What a person is told of it. */
export function failureText({ code, error }: Failure, texts: TurnTapeTexts): FailureText {
  if (code === undefined) return texts.unknownFailure;
  if (code !== 'microphone_denied') return texts.failures[code];
  const denial = denialOf(error instanceof Error ? error.cause : undefined, thisPage());
  return denial === 'blocked' ? texts.failures[code] : texts.denied[denial];
}

/** True when the recording goes on all the same: a notice, not an alarm. */
export function isNotice({ code, starting }: Failure): boolean {
  return !starting && code !== undefined && (DELIVERY.has(code) || GOES_ON.has(code));
}

/** True when the next receipt of the backend shows that it is over. */
export function isSettledByDelivery({ code }: Failure): boolean {
  return code !== undefined && OVER_WITH_A_RECEIPT.has(code);
}

/** True when the line of the delivery says all there is to say. */
export function isToldByStanding({ code, starting }: Failure): boolean {
  return !starting && (code === 'network' || code === 'server_error');
}

/** By its code, not by its class: a page may carry two copies of the package, one of them in a bundle. */
function codeOf(thrown: unknown): TurntapeErrorCode | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown) || typeof thrown.code !== 'string') return undefined;
  return Object.hasOwn(DEFAULT_FAILURES, thrown.code) ? (thrown.code as TurntapeErrorCode) : undefined;
}
