import type { DBSchema } from 'idb';
import type { ErrorFacts } from '../core/errors.ts';
import type { DeliveryState } from '../core/segment.ts';
import type { KeptFileFormat, SessionLayout } from '../core/session-file.ts';
import type { Speaker } from '../core/turn.ts';
import type { SegmentWire, SessionFileWire, SessionWire, TranscriptWire } from '../core/wire.ts';
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

/**
 * Fields of a row, in the open or as one record of `record-cipher.ts`. What looks a row up, sorts or sweeps it works with the
 * others alone, so that a key that is lost stands in nobody's way: see `words.ts`.
 */
export type Hidden<Facts, Names extends keyof Facts> = Omit<Facts, Names> &
  ((Pick<Facts, Names> & { secret?: never }) | { secret: ArrayBuffer });

/** A session as it is stored: its wire form, what the app and the person said of it encrypted when it has a key. */
export type SessionRow = Hidden<SessionWire, 'metadata' | 'consent'>;

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

/** The outline of a segment's file: `core/peaks.ts`. */
export interface PeaksRow extends StoredBytes {
  segment_id: string;
}

/** The key of a session that is encrypted on this device. It cannot be read, only used; erasing it is final. */
export interface KeyRow {
  session_id: string;
  key: CryptoKey;
  /**
   * What is encrypted under it. `words`: transcripts and facts alone, of a sealed session, whose audio has keys of its own.
   * `audio`: as versions before 6 of the database had it; its words are still in the open.
   */
  covers: 'all' | 'words' | 'audio';
}

/** The page of a session was left at this time, in milliseconds since 1970: its turns end by `page_exit`, not by `crash`. */
export interface PageExitRow {
  session_id: string;
  at: number;
}

/** Somebody reads of the session: see `holds.ts`. */
export interface HoldRow {
  hold_id: string;
  session_id: string;
  /** It counts until then, in milliseconds since 1970. */
  expires_at: number;
}

/** One revision of a transcript that was read. */
export type KeptTranscript = TranscriptWire &
  DeliveryFacts & {
    /** This revision is ours: what the app had said, with what was heard of it. */
    automatic?: true;
  };

/** One revision of a transcript as it is stored. */
export type TranscriptRow = Hidden<KeptTranscript, 'text' | 'language' | 'words' | 'heard_text'>;

/** What an item of the outbox stands for: a row of another store, or the facts of a session at that moment. */
export type OutboxContent =
  /** `byte_size`: of its file, so that a backlog is counted without its rows. Absent in what 0.1.0 wrote. */
  | { kind: 'segment'; segment_id: string; byte_size?: number }
  | { kind: 'transcript'; transcript_id: string; revision: number }
  | { kind: 'session'; session: SessionRow }
  | { kind: 'erasure' };

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
  /** A page holds it ready for its exit: it may leave at any moment, and nobody will hear of it. */
  may_leave?: true;
};

/** One channel of a session file, encoded and kept by itself: so one speaker can be silenced or taken out without the other. */
export type Lane = Speaker | 'mix';

/** The session file as it is stored: its facts. Its audio is in chunks, also when it is complete. */
export interface SessionFileRow {
  session_id: string;
  /** `recovered`: a tab died while it was recorded; what was committed is there. */
  state: 'recording' | 'completed' | 'recovered';
  layout: SessionLayout;
  format: KeptFileFormat;
  /** Of the decoded file, in Hz: what positions in it are counted in. */
  sample_rate: number;
  /** Decoded samples of each channel; 0 while it is recorded. */
  samples: number;
  /** Of its chunks, once it is complete. Absent in what was kept before this was counted. */
  byte_size?: number;
  /** The sample at which the session's timeline begins: not 0 in a file that went on under a new timeline. */
  offset: number;
  /** Wall time of sample 0. */
  started_at: string;
  gaps: SessionFileWire['gaps'];
  marks: SessionFileWire['marks'];
  encoder: Readonly<Record<string, unknown>>;
}

/**
 * A run of one lane's encoded bytes. Where no chunk lies there is silence: digital silence is not stored, and a chunk that
 * could not be is a hole of the right length.
 */
export interface SessionChunkRow {
  session_id: string;
  lane: Lane;
  /** WAV: the first sample. Opus: the first coded frame, which is the file's sample plus the encoder's pre-skip. */
  start: number;
  bytes: ArrayBuffer;
}

/** A chunk as it lies in the store. */
export type StoredSessionChunk = Omit<SessionChunkRow, 'bytes'> & StoredBytes;

/** The stores, their keys and indexes: what `upgrades.ts` builds. */
export interface TurntapeSchema extends DBSchema {
  sessions: { key: string; value: SessionRow };
  segments: { key: string; value: SegmentRow; indexes: { session_id: string } };
  chunks: { key: [segmentId: string, index: number]; value: ChunkRow };
  audio: { key: string; value: AudioRow };
  peaks: { key: string; value: PeaksRow };
  transcripts: {
    key: [transcriptId: string, revision: number];
    value: TranscriptRow;
    indexes: { session_id: string };
  };
  outbox: { key: number; value: OutboxRow; indexes: { session_id: string } };
  keys: { key: string; value: KeyRow; indexes: { covers: string } };
  session_files: { key: string; value: SessionFileRow };
  page_exits: { key: string; value: PageExitRow };
  running: { key: string; value: { session_id: string } };
  holds: { key: string; value: HoldRow; indexes: { session_id: string } };
  session_chunks: { key: [sessionId: string, lane: string, start: number]; value: StoredSessionChunk };
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

/** What was kept before words had times does not say. */
const OF_OLDER = { utterance_id: null, words: null, heard_text: null, cut_word: null, heard_ms: null } as const;

/** The wire form of a transcript: the row less its local fields. */
export function toTranscriptWire(row: KeptTranscript): TranscriptWire {
  const {
    state: _state,
    kept_at: _kept,
    acknowledged_at: _acknowledged,
    error: _error,
    automatic: _ours,
    ...wire
  } = row;
  return { ...OF_OLDER, ...wire };
}
