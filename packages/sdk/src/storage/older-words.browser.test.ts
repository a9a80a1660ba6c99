import { deleteDB, openDB } from 'idb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  sampleSegmentWithAudio,
  sampleSession,
  sampleSessionEnd,
  sampleTranscript,
} from '../upload-contract/samples.ts';
import { openTurntapeDatabase } from './database.ts';
import { hideOlderWords } from './older-words.ts';
import { createOutbox } from './outbox.ts';
import { encryptRecord, newRecordKey } from './record-cipher.ts';
import { readAudio } from './segments.ts';
import { readSession } from './sessions.ts';
import { listTranscripts } from './transcripts.ts';

let name = '';
beforeEach(() => {
  name = `test-${crypto.randomUUID()}`;
});
afterEach(() => deleteDB(name));

const withTopic = <Session extends object>(session: Session) => ({ ...session, metadata: { topic: 'marmalade' } });

/**
 * As the code of version 5 made it, written out here once and never changed with the code: an encrypted session, whose audio is
 * a record and whose words are in the open, beside one without encryption.
 */
async function makeVersion5() {
  const db = await openDB(name, 5, {
    upgrade(idb) {
      for (const [store, keyPath] of [
        ['sessions', 'session_id'],
        ['audio', 'segment_id'],
        ['keys', 'session_id'],
        ['session_files', 'session_id'],
        ['peaks', 'segment_id'],
        ['page_exits', 'session_id'],
      ] as const)
        idb.createObjectStore(store, { keyPath });
      idb.createObjectStore('chunks', { keyPath: ['segment_id', 'index'] });
      idb.createObjectStore('session_chunks', { keyPath: ['session_id', 'lane', 'start'] });
      idb.createObjectStore('segments', { keyPath: 'segment_id' }).createIndex('session_id', 'session_id');
      const transcripts = idb.createObjectStore('transcripts', { keyPath: ['transcript_id', 'revision'] });
      transcripts.createIndex('session_id', 'session_id');
      const outbox = idb.createObjectStore('outbox', { keyPath: 'seq', autoIncrement: true });
      outbox.createIndex('session_id', 'session_id');
    },
  });
  const key = await newRecordKey();
  await db.put('keys', { session_id: 'secret', key });
  const { segment, audio } = await sampleSegmentWithAudio('secret');
  const delivery = { kept_at: 1, acknowledged_at: null, error: null };
  await db.put('segments', { ...segment, ...delivery, state: 'kept', audio_url: null });
  const place = { segmentId: segment.segment_id, kind: 'audio', index: 0 } as const;
  const bytes = await encryptRecord(key, place, audio);
  await db.put('audio', { segment_id: segment.segment_id, bytes, encrypted: true });
  const item = { state: 'pending', attempts: 0, error: null, added_at: 1, sent_at: null, retry_at: null };
  for (const session_id of ['secret', 'open']) {
    const session = withTopic(sampleSessionEnd(session_id));
    const transcript = sampleTranscript(session_id, { text: 'an aquarium' });
    const { transcript_id, revision } = transcript;
    await db.put('sessions', session);
    await db.put('transcripts', { ...transcript, ...delivery, state: 'kept' });
    await db.put('outbox', { ...item, session_id, kind: 'session', session: withTopic(sampleSession(session_id)) });
    await db.put('outbox', { ...item, session_id, kind: 'transcript', transcript_id, revision });
  }
  db.close();
  return { segmentId: segment.segment_id, audio };
}

/** The rows of a session that hold one of its words in the open, by store. */
async function openRows(sessionId: string): Promise<string[]> {
  const raw = await openDB(name);
  const found: string[] = [];
  for (const store of ['sessions', 'transcripts', 'outbox'])
    for (const row of (await raw.getAll(store)) as { session_id: string }[])
      if (row.session_id === sessionId && /marmalade|aquarium/.test(JSON.stringify(row))) found.push(store);
  raw.close();
  return found;
}

test('[STORE-31] what encrypted sessions of version 5 said in words is encrypted after the upgrade, and nothing else changes', async () => {
  const { segmentId, audio } = await makeVersion5();
  const before = ['sessions', 'transcripts', 'outbox'];
  expect(await openRows('secret')).toEqual(before);
  const db = await openTurntapeDatabase(name);
  await hideOlderWords(db);
  expect(await openRows('secret')).toEqual([]);
  expect(await openRows('open')).toEqual(before);
  for (const id of ['secret', 'open']) {
    expect(await readSession(db, id)).toEqual(withTopic(sampleSessionEnd(id)));
    expect(await listTranscripts(db, id)).toMatchObject([{ text: 'an aquarium', language: 'en', state: 'kept' }]);
  }
  const payloads = (await createOutbox(db).items()).map(({ payload }) => payload);
  expect(payloads).toMatchObject([
    { session: withTopic(sampleSession('secret')) },
    { transcript: { text: 'an aquarium' } },
    { session: withTopic(sampleSession('open')) },
    { transcript: { text: 'an aquarium' } },
  ]);
  expect(new Uint8Array((await readAudio(db, segmentId)) ?? new ArrayBuffer(0))).toEqual(new Uint8Array(audio));
  expect(await db.read(['keys'], (tx) => tx.objectStore('keys').getAll())).toMatchObject([{ covers: 'all' }]);
  db.close();
});

test('[STORE-31] a start that died between the upgrade and the cipher is made up for by the next, and a second does nothing', async () => {
  await makeVersion5();
  (await openTurntapeDatabase(name)).close();
  const db = await openTurntapeDatabase(name);
  expect(await listTranscripts(db, 'secret')).toMatchObject([{ text: 'an aquarium' }]);
  await Promise.all([hideOlderWords(db), hideOlderWords(db)]);
  await hideOlderWords(db);
  expect(await openRows('secret')).toEqual([]);
  expect(await listTranscripts(db, 'secret')).toMatchObject([{ text: 'an aquarium' }]);
  db.close();
});
