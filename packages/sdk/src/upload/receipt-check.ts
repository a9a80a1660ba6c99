import { TurntapeError } from '../core/errors.ts';
import type { SegmentWire } from '../core/wire.ts';
import type { Receipt } from '../upload-contract/receipt.ts';

/**
 * Proves that the backend has what we have: the same id, the same number of bytes, the same hash. Of a turn without
 * audio there is nothing to hash.
 * @throws TurntapeError `receipt_mismatch`, retryable: our copy stays and is sent again.
 */
export function checkReceipt(segment: SegmentWire, receipt: Readonly<Partial<Receipt>>): void {
  const { segment_id, byte_size, sha256 } = segment;
  if (receipt.segment_id !== segment_id) throw mismatch('segment_id', segment_id, receipt.segment_id);
  if (receipt.byte_size !== byte_size) throw mismatch('byte_size', byte_size, receipt.byte_size);
  if (byte_size > 0 && receipt.sha256?.toLowerCase() !== sha256) throw mismatch('sha256', sha256, receipt.sha256);
}

function mismatch(field: string, ours: string | number, theirs: string | number | undefined): TurntapeError {
  return new TurntapeError(
    'receipt_mismatch',
    `the backend's receipt says ${field} ${theirs}, the segment has ${ours}`,
    {
      field,
      retryable: true,
    },
  );
}
