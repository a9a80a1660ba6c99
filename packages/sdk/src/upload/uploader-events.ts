import type { TurntapeError } from '../core/errors.ts';
import type { OutboxItem, OutboxPayload } from '../upload-contract/outbox.ts';
import type { Receipt } from '../upload-contract/receipt.ts';

/** How much is still to be sent, over all sessions. */
export interface UploadProgress {
  /** Items, and the bytes of their files. */
  readonly pending: number;
  readonly pendingBytes: number;
  /** Of those, under way now. */
  readonly sending: number;
  /** Refused for good; not counted as pending. */
  readonly rejected: number;
}

/** What an uploader tells, by event name. Each comes after the outbox has recorded it. */
export interface UploaderEvents {
  /** The bytes have gone; the proof is still to come. */
  sent: { readonly item: OutboxItem };
  /** Proved. Once for each item. The receipt is a segment's only. */
  acknowledged: { readonly item: OutboxItem; readonly receipt: Receipt | undefined };
  /** Refused for good. It stays on the device, and `retry` sends it again. */
  rejected: { readonly item: OutboxItem; readonly error: TurntapeError };
  /** A try failed; the next comes after `delayMs`. `attempt` counts this one. */
  failed: {
    readonly item: OutboxItem;
    readonly error: TurntapeError;
    readonly attempt: number;
    readonly delayMs: number;
  };
  /** Nothing is sent any more of this session (undefined: of any). `error`: its token was refused. */
  paused: { readonly sessionId: string | undefined; readonly error: TurntapeError | undefined };
  resumed: { readonly sessionId: string | undefined };
  /** The backend has no place for this kind of item. Said once; the items stay as rejected. */
  unsupported: { readonly kind: OutboxPayload['kind']; readonly error: TurntapeError };
  /** It has left the outbox by another hand: another tab sent it, or it was erased. The store knows which. */
  elsewhere: { readonly item: OutboxItem };
  progress: UploadProgress;
  /** The outbox itself failed, or a listener threw. Nothing is lost by it; the uploader goes on by itself. */
  error: { readonly error: TurntapeError };
}
