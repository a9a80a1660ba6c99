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

/** Prefix of everything that is stored of a session. */
export const sessionFolder = (sessionId: string) => `${folder(sessionId)}/`;

/** Prefix of the files that were made from a session's segments. */
export const derivedFolder = (sessionId: string) => `${folder(sessionId)}/derived/`;

/** Key of a derived file: `recordings/{session_id}/derived/stereo.ogg`. */
export const derivedKey = (sessionId: string, layout: string, format: AudioFormat) =>
  `${derivedFolder(sessionId)}${layout}.${formatFacts(format).extension}`;

/** Which recording a file is of. */
export interface RecordingName {
  session_id: string;
  recording_id: string;
}

/** Key of a recording that somebody else made: `recordings/{session_id}/external/{recording_id}.mp3`. */
export const externalKey = ({ session_id, recording_id }: RecordingName, format: AudioFormat) =>
  `${folder(session_id)}/external/${recording_id}.${formatFacts(format).extension}`;

/** Key of its facts, beside it. */
export const externalFactsKey = ({ session_id, recording_id }: RecordingName) =>
  `${folder(session_id)}/external/${recording_id}.json`;

/** Key of what the operator said of a session: how long it is kept, and whether it is held. */
export const controlKey = (sessionId: string) => `${folder(sessionId)}/control.json`;

/** Key of the note that a session was erased. Not in its folder, which is gone. */
export const erasedKey = (sessionId: string) => `erased/${sessionId}.json`;

/** Key of a file that came straight to the store and is not proved yet. */
export const ticketKey = (nonce: string) => `tickets/${nonce}`;

/** Key of a segment's audio: `recordings/{session_id}/{segment_id}.ogg` or `.wav`. */
export const audioKey = (segment: SegmentName, format: AudioFormat) =>
  `${folder(segment.session_id)}/${segment.segment_id}.${formatFacts(format).extension}`;

/** Where the audio of a row lies. */
export const storedAudioKey = (row: SegmentName & { audio_key: string | null }, format: AudioFormat) =>
  row.audio_key ?? audioKey(row, format);

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
