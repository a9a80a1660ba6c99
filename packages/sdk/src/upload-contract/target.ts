import type { SegmentWire, SessionWire, TranscriptWire } from '../core/wire.ts';
import type { OutboxPayload } from './outbox.ts';
import type { Receipt } from './receipt.ts';

/** What every call to a target is given. */
export interface SendOptions {
  /** Aborted when the recorder is disposed or the item is cancelled. */
  signal: AbortSignal;
  /**
   * To be called once the bytes have gone and before the answer is proved. A target that cannot know leaves it out: the
   * item then counts as sent when the call settles.
   */
  onSent?: (() => void) | undefined;
}

/**
 * Where the outbox goes. Any object that satisfies it is a backend. A method that settles means "stored durably"; a
 * failure is thrown as a `TurntapeError`: `retryable` ones are tried again with backoff, `unauthorized` pauses the
 * session, `rejected` keeps the item and never tries it again by itself, `not_supported_by_target` is remembered.
 */
export interface UploadTarget {
  /**
   * Optional: how long one call may take, beyond the time that its file needs at 4 KiB/s, in milliseconds. What takes longer is
   * aborted, fails as `network` with the field `sendTimeoutMs`, and is tried again with backoff: no call that never settles
   * holds the outbox. Default 600000; `Infinity`: it bounds itself, as `httpTarget`, `ticketTarget` and `tusTarget` do.
   */
  readonly sendTimeoutMs?: number | undefined;
  /** Stores a segment and proves it. `audio` is undefined for a turn that was never heard. */
  send(segment: SegmentWire, audio: Blob | undefined, options: SendOptions): Promise<Receipt>;
  /** Optional: a backend may have no place for transcripts. Idempotent by `transcript_id` and `revision`. */
  sendTranscript?(transcript: TranscriptWire, options: SendOptions): Promise<void>;
  /** Optional. Idempotent by `session_id`; sent at the start and again at the end. */
  sendSession?(session: SessionWire, options: SendOptions): Promise<void>;
  /**
   * Optional: erases everything of a session, what is derived from it included. Settles when it is gone, also when it was
   * never there.
   */
  eraseSession?(sessionId: string, options: SendOptions): Promise<void>;
  /**
   * Optional: settles when the backend is there. It sends nothing, asks for no token, and believes any answer that is not a
   * failure of the backend. `recorder.diagnose()` asks it.
   * @throws TurntapeError `network`, `server_error`; `aborted`
   */
  check?(options: { signal: AbortSignal }): Promise<void>;
  /**
   * Optional: the page is being left. Begins, before it returns to the event loop, one request that outlives the page (`fetch`
   * with `keepalive`), if no more than `bytesLeft` are needed for it, and returns how many it needs; 0: nothing was begun.
   * Must not throw. Nobody hears the answer: the item stays, and is sent again by `send`.
   */
  sendAtExit?(payload: OutboxPayload, audio: Blob | undefined, options: { bytesLeft: number }): number;
}
