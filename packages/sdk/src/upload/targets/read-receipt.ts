import type { Receipt } from '../../upload-contract/receipt.ts';
import { type HttpAnswer, fieldsOf, malformed } from './http-answer.ts';

/**
 * The receipt in a successful answer.
 * @throws TurntapeError `server_error`, retryable: a field of it is missing
 */
export function readReceipt(answer: HttpAnswer): Receipt {
  const { segment_id, sha256, byte_size, audio_url } = fieldsOf(answer.body);
  if (typeof segment_id !== 'string') throw malformed(answer, 'segment_id');
  if (typeof byte_size !== 'number') throw malformed(answer, 'byte_size');
  // A turn without audio has no hash; some backends say so with null.
  const hash = sha256 === null && byte_size === 0 ? '' : sha256;
  if (typeof hash !== 'string') throw malformed(answer, 'sha256');
  const receipt: Receipt = { segment_id, sha256: hash, byte_size };
  if (typeof audio_url === 'string' && audio_url !== '') receipt.audio_url = audio_url;
  return receipt;
}
