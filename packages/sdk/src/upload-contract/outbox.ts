import type { ErrorFacts } from '../core/errors.ts';
import type { SegmentWire, SessionWire, TranscriptWire } from '../core/wire.ts';
import type { Receipt } from './receipt.ts';

/** What an item of the outbox carries. Segments keep their audio apart: it is read only when it is sent. */
export type OutboxPayload =
  | { kind: 'segment'; segment: SegmentWire }
  | { kind: 'transcript'; transcript: TranscriptWire }
  | { kind: 'session'; session: SessionWire };

/** `pending`: to be sent. `rejected`: refused for good, kept here until the app decides. */
export type OutboxState = 'pending' | 'rejected';

/** One thing kept and not yet acknowledged. */
export interface OutboxItem {
  /** The order of the outbox, over all sessions. */
  readonly seq: number;
  readonly sessionId: string;
  readonly state: OutboxState;
  /** Tries so far. */
  readonly attempts: number;
  /** Why the last try failed. */
  readonly error: ErrorFacts | undefined;
  /**
   * Not to be tried before this wall time, in milliseconds since 1970: what the last failure asked for. It survives a
   * reload and is seen by every tab. Undefined: at once.
   */
  readonly retryAt?: number | undefined;
  readonly payload: OutboxPayload;
}

/** The uploader's view of what is to be sent. IndexedDB is one; a test's array is another. */
export interface Outbox {
  /** Every item, in order. */
  items(): Promise<readonly OutboxItem[]>;
  /** The file of a segment, as one buffer. Undefined: a turn without audio. */
  audio(segmentId: string): Promise<ArrayBuffer | undefined>;
  /** The bytes of an item have gone; the proof is still to come. */
  sent(item: OutboxItem): Promise<void>;
  /** Proved: the item leaves the outbox, in one transaction with what retention says of its audio. */
  acknowledged(item: OutboxItem, receipt: Receipt | undefined): Promise<void>;
  /** A try failed; the item stays, in its place. `retryAt`: see {@link OutboxItem.retryAt}. */
  failed(item: OutboxItem, error: ErrorFacts, retryAt?: number): Promise<void>;
  /** Refused for good; the item stays and is never tried again by itself. */
  rejected(item: OutboxItem, error: ErrorFacts): Promise<void>;
  /** Makes rejected items (all, or one session's) pending again. */
  retry(sessionId?: string): Promise<void>;
}
