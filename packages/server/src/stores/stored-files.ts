import { createHash } from 'node:crypto';
import { formatFacts, type AudioFormat } from '../audio-format.ts';
import type { Blob } from '../blob-store.ts';

/** Which segment a file is of. */
export interface SegmentName {
  session_id: string;
  segment_id: string;
}

// Ids are UUIDs that were checked at the door, so no key leaves its folder.
const folder = (sessionId: string) => `recordings/${sessionId}`;

/** Key of a segment's audio: `recordings/{session_id}/{segment_id}.ogg` or `.wav`. */
export const audioKey = (segment: SegmentName, format: AudioFormat) =>
  `${folder(segment.session_id)}/${segment.segment_id}.${formatFacts(format).extension}`;

/** Key of a segment's facts, beside its audio. */
export const segmentFactsKey = (segment: SegmentName) => `${folder(segment.session_id)}/${segment.segment_id}.json`;

/** Key of a session's facts. */
export const sessionFactsKey = (sessionId: string) => `${folder(sessionId)}/session.json`;

/** Key of the newest revision of a transcript. Its id is the app's own and may be any text: the file has its hash. */
export const transcriptFactsKey = (sessionId: string, transcriptId: string) =>
  `${folder(sessionId)}/transcripts/${createHash('sha256').update(transcriptId).digest('hex').slice(0, 32)}.json`;

/**
 * Facts as they came, as a JSON file. With the audio these files are the truth; the database is an index that can be
 * made again from them.
 */
export function factsFile(key: string, facts: object): Blob {
  return { key, bytes: Buffer.from(`${JSON.stringify(facts, null, 1)}\n`) };
}
