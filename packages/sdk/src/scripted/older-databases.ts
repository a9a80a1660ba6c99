import { type IDBPDatabase, openDB } from 'idb';
import { encryptRecord, newRecordKey } from '../storage/record-cipher.ts';
import {
  sampleSegment,
  sampleSegmentWithAudio,
  sampleSession,
  sampleSessionEnd,
  sampleTranscript,
} from '../upload-contract/samples.ts';

/** Databases as the code of older versions made them: written out here once, and never changed with the code. */

const DELIVERY = { kept_at: 1, acknowledged_at: null, error: null };
const ITEM = { state: 'pending', attempts: 0, error: null, added_at: 1, sent_at: null, retry_at: null };

function storesOfVersion1(idb: IDBPDatabase): void {
  idb.createObjectStore('sessions', { keyPath: 'session_id' });
  idb.createObjectStore('segments', { keyPath: 'segment_id' }).createIndex('session_id', 'session_id');
  idb.createObjectStore('chunks', { keyPath: ['segment_id', 'index'] });
  idb.createObjectStore('audio', { keyPath: 'segment_id' });
  const transcripts = idb.createObjectStore('transcripts', { keyPath: ['transcript_id', 'revision'] });
  transcripts.createIndex('session_id', 'session_id');
  const outbox = idb.createObjectStore('outbox', { keyPath: 'seq', autoIncrement: true });
  outbox.createIndex('session_id', 'session_id');
}

function storesOfVersion5(idb: IDBPDatabase): void {
  storesOfVersion1(idb);
  for (const [store, keyPath] of [
    ['keys', 'session_id'],
    ['session_files', 'session_id'],
    ['peaks', 'segment_id'],
    ['page_exits', 'session_id'],
  ] as const)
    idb.createObjectStore(store, { keyPath });
  idb.createObjectStore('session_chunks', { keyPath: ['session_id', 'lane', 'start'] });
}

/** A session that has ended, with a kept segment and a transcript, and one that was torn off in the middle of a turn. */
export async function makeVersion1(name: string): Promise<{ keptId: string; openId: string; audio: ArrayBuffer }> {
  const db = await openDB(name, 1, { upgrade: storesOfVersion1 });
  const { segment, audio } = await sampleSegmentWithAudio('done');
  const open = sampleSegment('torn');
  const transcript = sampleTranscript('done');
  await db.put('sessions', sampleSessionEnd('done'));
  await db.put('sessions', sampleSession('torn'));
  await db.put('segments', { ...segment, ...DELIVERY, state: 'kept', audio_url: null });
  await db.put('audio', { segment_id: segment.segment_id, bytes: audio });
  await db.put('segments', { ...open, state: 'recording' });
  for (const index of [0, 1])
    await db.put('chunks', { segment_id: open.segment_id, index, bytes: Uint8Array.of(index).buffer });
  await db.put('transcripts', { ...transcript, ...DELIVERY, state: 'kept' });
  await db.put('outbox', { ...ITEM, session_id: 'done', kind: 'segment', segment_id: segment.segment_id });
  const { transcript_id, revision } = transcript;
  await db.put('outbox', { ...ITEM, session_id: 'done', kind: 'transcript', transcript_id, revision });
  await db.put('outbox', { ...ITEM, session_id: 'torn', kind: 'session', session: sampleSession('torn') });
  db.close();
  return { keptId: segment.segment_id, openId: open.segment_id, audio };
}

/** The words of the sessions of {@link makeVersion5}: what the app noted, and what was said. */
export const OLD_WORDS = { topic: 'marmalade', text: 'an aquarium' } as const;

/** Adds what the sessions of version 5 say in words. */
export const withTopic = <Session extends object>(session: Session) => ({
  ...session,
  metadata: { topic: OLD_WORDS.topic },
});

/** Encrypted sessions, whose audio is a record and whose words are in the open, and `open`, without encryption. */
export async function makeVersion5(
  name: string,
  encrypted: readonly string[],
): Promise<Map<string, { segmentId: string; audio: ArrayBuffer }>> {
  const db = await openDB(name, 5, { upgrade: storesOfVersion5 });
  const files = new Map<string, { segmentId: string; audio: ArrayBuffer }>();
  for (const sessionId of encrypted) {
    const key = await newRecordKey();
    await db.put('keys', { session_id: sessionId, key });
    const { segment, audio } = await sampleSegmentWithAudio(sessionId);
    const segmentId = segment.segment_id;
    await db.put('segments', { ...segment, ...DELIVERY, state: 'kept', audio_url: null });
    const bytes = await encryptRecord(key, { segmentId, kind: 'audio', index: 0 }, audio);
    await db.put('audio', { segment_id: segmentId, bytes, encrypted: true });
    files.set(sessionId, { segmentId, audio });
  }
  for (const session_id of [...encrypted, 'open']) {
    const transcript = sampleTranscript(session_id, { text: OLD_WORDS.text });
    const { transcript_id, revision } = transcript;
    await db.put('sessions', withTopic(sampleSessionEnd(session_id)));
    await db.put('transcripts', { ...transcript, ...DELIVERY, state: 'kept' });
    await db.put('outbox', { ...ITEM, session_id, kind: 'session', session: withTopic(sampleSession(session_id)) });
    await db.put('outbox', { ...ITEM, session_id, kind: 'transcript', transcript_id, revision });
  }
  db.close();
  return files;
}
