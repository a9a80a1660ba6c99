import type { DeliveryState, Segment } from '../core/segment.ts';
import type { SessionFacts, Transcript } from '../core/session.ts';
import { segmentFromWire, sessionFromWire, transcriptFromWire } from '../core/wire.ts';
import type { TurntapeDatabase } from '../storage/database.ts';
import { type SessionRow, toSegmentWire, toTranscriptWire } from '../storage/rows.ts';
import { listSegments } from '../storage/segments.ts';
import { listSessions, readSession } from '../storage/sessions.ts';
import { listTranscripts } from '../storage/transcripts.ts';

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
}

/** Everything on this device, newest session first. */
export async function readStoredSessions(db: TurntapeDatabase): Promise<StoredSession[]> {
  return Promise.all((await listSessions(db)).map((row) => withContent(db, row)));
}

/** One session on this device, or undefined. */
export async function readStoredSession(db: TurntapeDatabase, sessionId: string): Promise<StoredSession | undefined> {
  const row = await readSession(db, sessionId);
  return row && withContent(db, row);
}

async function withContent(db: TurntapeDatabase, session: SessionRow): Promise<StoredSession> {
  const [segments, transcripts] = await Promise.all([
    listSegments(db, session.session_id),
    listTranscripts(db, session.session_id),
  ]);
  return {
    session: sessionFromWire(session),
    segments: segments.map((row) => ({
      ...segmentFromWire(toSegmentWire(row)),
      deliveryState: row.state,
      audioUrl: row.audio_url ?? undefined,
    })),
    transcripts: transcripts.map((row) => transcriptFromWire(toTranscriptWire(row))),
  };
}
