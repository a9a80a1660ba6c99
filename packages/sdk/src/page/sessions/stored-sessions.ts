import { TurntapeError, isTurntapeError } from '../../core/errors.ts';
import { isSealed } from '../../core/seal.ts';
import type { DeliveryState, Segment } from '../../core/segment.ts';
import type { SessionFacts, Transcript } from '../../core/session.ts';
import { segmentFromWire, sessionFromWire, transcriptFromWire } from '../../core/wire.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import { type SessionRow, toSegmentWire, toTranscriptWire } from '../../storage/rows.ts';
import { listSegments, readAudio } from '../../storage/segments.ts';
import { listSessions, readSessionRow } from '../../storage/sessions.ts';
import { listTranscripts } from '../../storage/transcripts.ts';
import { showSession, sessionInTheOpen } from '../../storage/words.ts';

/** A kept segment and where it stands on its way to the backend. */
export interface StoredSegment extends Segment {
  deliveryState: DeliveryState;
  /** What the backend calls it, once acknowledged. Opaque. */
  audioUrl: string | undefined;
}

/** A session on this device, recovered ones included. */
export interface StoredSession {
  session: SessionFacts;
  /** In the order of the timeline. */
  segments: readonly StoredSegment[];
  transcripts: readonly Transcript[];
  /**
   * It is encrypted and its key is not here any more: its metadata, who consented and its transcripts are left out, and its audio
   * does not play. Absent: everything is there.
   */
  unreadable?: true;
}

/** Everything on this device, newest session first. */
export async function readStoredSessions(db: TurntapeDatabase): Promise<StoredSession[]> {
  return Promise.all((await listSessions(db)).map((row) => withContent(db, row)));
}

/** One session on this device, or undefined. */
export async function readStoredSession(db: TurntapeDatabase, sessionId: string): Promise<StoredSession | undefined> {
  const row = await readSessionRow(db, sessionId);
  return row && withContent(db, row);
}

/** The segments of a session as they lie on this device, in the order of the timeline. */
export async function readSegments(db: TurntapeDatabase, sessionId: string): Promise<StoredSegment[]> {
  return (await listSegments(db, sessionId)).map((segment) => ({
    ...segmentFromWire(toSegmentWire(segment)),
    deliveryState: segment.state,
    audioUrl: segment.audio_url ?? undefined,
  }));
}

/** The file of a kept segment, when it can be opened here. Error: `audio_sealed`. */
export async function readOpenAudio(db: TurntapeDatabase, segmentId: string): Promise<ArrayBuffer | undefined> {
  const audio = await readAudio(db, segmentId);
  if (audio && isSealed(new Uint8Array(audio)))
    throw new TurntapeError('audio_sealed', 'this file is sealed: only the backend can open it');
  return audio;
}

async function withContent(db: TurntapeDatabase, row: SessionRow): Promise<StoredSession> {
  const [segments, words] = await Promise.all([readSegments(db, row.session_id), wordsOf(db, row)]);
  return { ...words, segments };
}

/** One session that nobody can read any more hides no other, and can be erased as they can. */
async function wordsOf(db: TurntapeDatabase, row: SessionRow): Promise<Omit<StoredSession, 'segments'>> {
  try {
    const session = sessionFromWire(await showSession(db, row));
    const transcripts = await listTranscripts(db, row.session_id);
    return { session, transcripts: transcripts.map((each) => transcriptFromWire(toTranscriptWire(each))) };
  } catch (thrown) {
    if (!isTurntapeError(thrown) || thrown.code !== 'undecryptable') throw thrown;
    return { session: sessionFromWire(sessionInTheOpen(row)), transcripts: [], unreadable: true };
  }
}
