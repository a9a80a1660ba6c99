import type { TurntapeError } from '../core/errors.ts';
import type { OutboxEntry, OutboxItem, OutboxPayload } from '../upload-contract/outbox.ts';
import type { Receipt } from '../upload-contract/receipt.ts';

/** How much is still to be sent, over all sessions, and how fast it goes. */
export interface UploadProgress {
  /** Items of every kind: segments, transcripts, facts of sessions. */
  readonly pending: number;
  /** Of those the segments, and the bytes of their files. */
  readonly pendingSegments: number;
  readonly pendingBytes: number;
  /** Of those, under way now. */
  readonly sending: number;
  /** Refused for good or cancelled; not counted as pending. */
  readonly rejected: number;
  /** What was acknowledged since the start: segments, and the bytes of their files. */
  readonly acknowledgedSegments: number;
  readonly acknowledgedBytes: number;
  /**
   * How long what is pending will take at the speed of the last deliveries, in milliseconds, waits not counted. Undefined
   * before the first.
   */
  readonly remainingMs: number | undefined;
  /**
   * The backend failed again and again: nothing is tried before this wall time (milliseconds since 1970), and then one
   * item alone. Undefined: nothing of the kind.
   */
  readonly restsUntilMs: number | undefined;
}

/** What an uploader tells, by event name. Each comes after the outbox has recorded it. */
export interface UploaderEvents {
  /** The bytes have gone; the proof is still to come. */
  sent: { readonly item: OutboxItem };
  /** Proved. Once for each item. The receipt is a segment's only. */
  acknowledged: { readonly item: OutboxItem; readonly receipt: Receipt | undefined };
  /** Refused for good, or cancelled (`aborted`). It stays on the device, and `retry` sends it again. */
  rejected: { readonly item: OutboxEntry; readonly error: TurntapeError };
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
  /** A session was erased, in this tab or another; undefined: all were. Nothing of it leaves any more. */
  erased: { readonly sessionId: string | undefined };
  /** It has left the outbox by another hand: another tab sent it, or it was erased. The store knows which. */
  elsewhere: { readonly item: OutboxEntry };
  progress: UploadProgress;
  /** The outbox was read: what waits may be something else, though as much as before. */
  looked: { readonly isWhole: boolean };
  /** The outbox itself failed, or a listener threw. Nothing is lost by it; the uploader goes on by itself. */
  error: { readonly error: TurntapeError };
}
