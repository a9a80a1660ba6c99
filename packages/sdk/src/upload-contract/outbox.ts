import type { ErrorFacts } from '../core/errors.ts';
import type { SegmentWire, SessionWire, TranscriptWire } from '../core/wire.ts';
import type { Receipt } from './receipt.ts';

/** What an item of the outbox carries. Segments keep their audio apart: it is read only when it is sent. */
export type OutboxPayload =
  | { kind: 'segment'; segment: SegmentWire }
  | { kind: 'transcript'; transcript: TranscriptWire }
  | { kind: 'session'; session: SessionWire }
  /** The backend is asked to erase all it has of a session: its person took consent back. */
  | { kind: 'erasure'; sessionId: string };

/** `pending`: to be sent. `rejected`: refused for good or cancelled, kept here until the app decides. */
export type OutboxState = 'pending' | 'rejected';

/** What is known of an item without reading what it carries: small, since there may be thousands. */
export interface OutboxEntry {
  /** The order of the outbox, over all sessions. */
  readonly seq: number;
  readonly sessionId: string;
  readonly kind: OutboxPayload['kind'];
  /** Of what it carries: `segment_id`, `transcript_id` or `session_id` (of a session and of its erasure). */
  readonly id: string;
  /** Bytes of its file; 0 without one. */
  readonly byteSize: number;
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
}

/** One thing kept and not yet acknowledged, whole. */
export interface OutboxItem extends OutboxEntry {
  readonly payload: OutboxPayload;
  /**
   * What it says is encrypted and nobody here can read it any more: its text, or its metadata and consent, are left out of
   * `payload`. It is never sent so. Absent: everything is there. A file that cannot be read is found when it is sent.
   */
  readonly unreadable?: true;
}

/** Which items: all, those of one session, or one alone. */
export interface OutboxChoice {
  readonly sessionId?: string | undefined;
  readonly seq?: number | undefined;
}

/** What a reader of the outbox knows from before. */
export interface OutboxKnowledge {
  /** The highest number it has ever read. */
  readonly lastSeq: number;
  /** How many items it believes to be there up to that number; undefined: it cannot say just now. */
  readonly count: number | undefined;
}

/** What was read. */
export interface OutboxReading {
  /** In order. */
  readonly entries: readonly OutboxEntry[];
  /** True: everything there. False: only what was added since, and nothing else has left. */
  readonly isWhole: boolean;
}

/** The uploader's view of what is to be sent. IndexedDB is one; a test's array is another. */
export interface Outbox {
  /**
   * What was added beyond what is known: the cost of a look is that of what is new, however much waits. Everything, when
   * nothing is known or when the count says that something has left by another hand.
   */
  read(known?: OutboxKnowledge): Promise<OutboxReading>;
  /** One item as it is now, with what it carries. Undefined: it has left. */
  item(seq: number): Promise<OutboxItem | undefined>;
  /** Every item, in order, with what it carries. For people to look at: it costs as much as there is. */
  items(): Promise<readonly OutboxItem[]>;
  /** The file of a segment, as one buffer. Undefined: a turn without audio. */
  audio(segmentId: string): Promise<ArrayBuffer | undefined>;
  /**
   * A page is about to hold it ready for its exit: from here on it may leave without a try that anybody hears of, and other
   * bytes never go under its id. False: it is not to be sent any more.
   */
  mayLeave(item: OutboxEntry): Promise<boolean>;
  /** The bytes of an item have gone; the proof is still to come. */
  sent(item: OutboxEntry): Promise<void>;
  /** Proved: the item leaves the outbox, in one transaction with what retention says of its audio. */
  acknowledged(item: OutboxEntry, receipt: Receipt | undefined): Promise<void>;
  /** A try failed; the item stays, in its place; one that was cancelled meanwhile, as it is. `retryAt`: see {@link OutboxEntry.retryAt}. */
  failed(item: OutboxEntry, error: ErrorFacts, retryAt?: number): Promise<void>;
  /** Refused for good; the item stays and is never tried again by itself. */
  rejected(item: OutboxEntry, error: ErrorFacts): Promise<void>;
  /** Makes rejected items pending again. */
  retry(choice: OutboxChoice): Promise<void>;
  /** Makes pending items rejected, without a try. */
  cancel(choice: OutboxChoice, error: ErrorFacts): Promise<void>;
}
