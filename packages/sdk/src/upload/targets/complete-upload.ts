import { TurntapeError } from '../../core/errors.ts';
import type { SegmentWire } from '../../core/wire.ts';
import type { Receipt } from '../../upload-contract/receipt.ts';
import type { SendOptions } from '../../upload-contract/target.ts';
import { type HttpAnswer, errorOf, fieldsOf, isStored } from './http-answer.ts';
import type { HttpBackend } from './http-backend.ts';
import { readReceipt } from './read-receipt.ts';

/** Codes of a 422 that speak of the file that was put, not of the metadata. */
const OTHER_BYTES: ReadonlySet<unknown> = new Set(['hash_mismatch', 'size_mismatch']);

/** A file went another way than by the backend: asks it to prove the file and to take the segment. */
export interface Completion {
  readonly backend: HttpBackend;
  /** Below the backend's address. */
  readonly path: string;
  readonly segment: SegmentWire;
  /** Sent beside the metadata. */
  readonly facts?: Readonly<Record<string, string>>;
  readonly options: SendOptions;
}

/**
 * The receipt, or the error that says that the file has to be put again: the backend does not know it, or found other
 * bytes.
 * @throws TurntapeError what any other answer means
 */
export async function completeUpload(completion: Completion): Promise<Receipt | TurntapeError> {
  const { backend, path, segment, facts, options } = completion;
  const metadata = { ...segment, ...facts, sent_at: new Date().toISOString() };
  const { signal } = options;
  const answer = await backend.askJson('segment', path, segment.session_id, metadata, { signal });
  if (isStored(answer)) return readReceipt(answer);
  const error = errorOf(answer, 'segment', Date.now());
  if (!isFileMissing(answer)) throw error;
  return new TurntapeError('server_error', `the backend has no such file: ${error.message}`, {
    retryable: true,
    cause: error.cause,
  });
}

function isFileMissing({ status, body }: HttpAnswer): boolean {
  return (
    status === 404 || status === 410 || (status === 422 && OTHER_BYTES.has(fieldsOf(fieldsOf(body)['error'])['code']))
  );
}
