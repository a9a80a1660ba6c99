import type { DBSchema } from 'idb';
import type { ErrorFacts } from '../core/errors.ts';
import type { DeliveryState } from '../core/segment.ts';
import type { SegmentWire, SessionWire, TranscriptWire } from '../core/wire.ts';
import type { OutboxState } from '../upload-contract/outbox.ts';
import type { StoredBytes } from './vault.ts';

/**
 * What lies in the database. A row is the wire form (snake_case, times as RFC 3339) plus local fields; local times are
 * milliseconds since 1970. Bytes are ArrayBuffers: WebKit refuses Blobs in private sessions.
 */

/** Where something kept stands on its way to the backend. Local: it never travels. */
export interface DeliveryFacts {
  state: Exclude<DeliveryState, 'recording'>;
  kept_at: number;
  acknowledged_at: number | null;
  /** Why the last try failed; null after a success. */
  error: ErrorFacts | null;
}

/** A session as it is stored: exactly its wire form. */
export type SessionRow = SessionWire;

/** A segment's facts as they stand while its turn runs. Those of its file are not known yet: 0 bytes, an empty hash. */
export type SegmentDraft = SegmentWire;

/** A segment whose turn runs, or ran when its tab died: its audio is in chunks. */
export type RecordingRow = SegmentDraft & {
  state: 'recording';
  /** Of a sealed segment: the head of its file, with its key as nobody here can read it. */
  seal_head?: ArrayBuffer;
};

/** A segment that is a finished file on this device. */
export type KeptSegmentRow = SegmentWire & DeliveryFacts & { audio_url: string | null };

/** A segment as it is stored. */
export type SegmentRow = RecordingRow | KeptSegmentRow;

/** A run of a segment's encoded bytes: the unit of loss. */
export interface ChunkRow extends StoredBytes {
  segment_id: string;
  /** 0, 1, 2 … */
  index: number;
  /** Of a sealed segment: what it adds to the decoded file. */
  samples?: number;
}

/** The finished file of a segment. */
export interface AudioRow extends StoredBytes {
  segment_id: string;
}

/** The key of a session whose audio is encrypted on this device. It cannot be read, only used; erasing it is final. */
export interface KeyRow {
  session_id: string;
  key: CryptoKey;
}

/** One revision of a transcript. */
export type TranscriptRow = TranscriptWire & DeliveryFacts;

/** What an item of the outbox stands for: a row of another store, or the facts of a session at that moment. */
export type OutboxContent =
  /** `byte_size`: of its file, so that a backlog is counted without its rows. Absent in what 0.1.0 wrote. */
  | { kind: 'segment'; segment_id: string; byte_size?: number }
  | { kind: 'transcript'; transcript_id: string; revision: number }
  | { kind: 'session'; session: SessionWire };

/** One thing kept and not yet acknowledged. */
export type OutboxRow = OutboxContent & {
  /** Given by the database, ever rising. Absent only in a row that is being added. */
  seq?: number;
  session_id: string;
  state: OutboxState;
  attempts: number;
  error: ErrorFacts | null;
  added_at: number;
  /** When its bytes last went, or null: never tried. */
  sent_at: number | null;
  /** Not to be tried before this time, or null. */
  retry_at: number | null;
};

/** The stores, their keys and indexes: what `upgrades.ts` builds. */
export interface TurntapeSchema extends DBSchema {
  sessions: { key: string; value: SessionRow };
  segments: { key: string; value: SegmentRow; indexes: { session_id: string } };
  chunks: { key: [segmentId: string, index: number]; value: ChunkRow };
  audio: { key: string; value: AudioRow };
  transcripts: {
    key: [transcriptId: string, revision: number];
    value: TranscriptRow;
    indexes: { session_id: string };
  };
  outbox: { key: number; value: OutboxRow; indexes: { session_id: string } };
  keys: { key: string; value: KeyRow };
}

/** The wire form of a kept segment: the row less its local fields. */
export function toSegmentWire(row: KeptSegmentRow): SegmentWire {
  const {
    state: _state,
    kept_at: _kept,
    acknowledged_at: _acknowledged,
    error: _error,
    audio_url: _url,
    ...wire
  } = row;
  return wire;
}

/** The wire form of a transcript: the row less its local fields. */
export function toTranscriptWire(row: TranscriptRow): TranscriptWire {
  const { state: _state, kept_at: _kept, acknowledged_at: _acknowledged, error: _error, ...wire } = row;
  return wire;
}
