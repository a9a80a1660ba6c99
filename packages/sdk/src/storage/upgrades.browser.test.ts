import { deleteDB, openDB } from 'idb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  sampleSegment,
  sampleSegmentWithAudio,
  sampleSession,
  sampleSessionEnd,
  sampleTranscript,
} from '../upload-contract/samples.ts';
import { openTurntapeDatabase } from './database.ts';
import { eraseSession } from './erase.ts';
import { createOutbox } from './outbox.ts';
import { isRunning } from './running.ts';
import { appendChunk, keepSegment, listSegments, readAudio, readChunks, unfinishedSegments } from './segments.ts';
import { endSession, listSessions, startSession } from './sessions.ts';
import { listTranscripts } from './transcripts.ts';
import { DATABASE_VERSION } from './upgrades.ts';

let name = '';
beforeEach(() => {
  name = `test-${crypto.randomUUID()}`;
});
afterEach(() => deleteDB(name));

const bytes = (...numbers: number[]): ArrayBuffer => Uint8Array.from(numbers).buffer;

/** As the code of version 1 made it, written out here once and never changed with the code. */
async function makeVersion1(): Promise<{ keptId: string; openId: string; audio: ArrayBuffer }> {
  const db = await openDB(name, 1, {
    upgrade(idb) {
      idb.createObjectStore('sessions', { keyPath: 'session_id' });
      idb.createObjectStore('segments', { keyPath: 'segment_id' }).createIndex('session_id', 'session_id');
      idb.createObjectStore('chunks', { keyPath: ['segment_id', 'index'] });
      idb.createObjectStore('audio', { keyPath: 'segment_id' });
      const transcripts = idb.createObjectStore('transcripts', { keyPath: ['transcript_id', 'revision'] });
      transcripts.createIndex('session_id', 'session_id');
      const outbox = idb.createObjectStore('outbox', { keyPath: 'seq', autoIncrement: true });
      outbox.createIndex('session_id', 'session_id');
    },
  });
  const { segment, audio } = await sampleSegmentWithAudio('done');
  const open = sampleSegment('torn');
  const transcript = sampleTranscript('done');
  const delivery = { kept_at: 1, acknowledged_at: null, error: null };
  const item = { state: 'pending', attempts: 0, error: null, added_at: 1, sent_at: null, retry_at: null };
  await db.put('sessions', sampleSessionEnd('done'));
  await db.put('sessions', sampleSession('torn'));
  await db.put('segments', { ...segment, ...delivery, state: 'kept', audio_url: null });
  await db.put('audio', { segment_id: segment.segment_id, bytes: audio });
  await db.put('segments', { ...open, state: 'recording' });
  for (const index of [0, 1]) await db.put('chunks', { segment_id: open.segment_id, index, bytes: bytes(index) });
  await db.put('transcripts', { ...transcript, ...delivery, state: 'kept' });
  await db.put('outbox', { ...item, session_id: 'done', kind: 'segment', segment_id: segment.segment_id });
  const { transcript_id, revision } = transcript;
  await db.put('outbox', { ...item, session_id: 'done', kind: 'transcript', transcript_id, revision });
  await db.put('outbox', { ...item, session_id: 'torn', kind: 'session', session: sampleSession('torn') });
  db.close();
  return { keptId: segment.segment_id, openId: open.segment_id, audio };
}

test('[STORE-18] a database made by version 1 is upgraded with everything in it, and goes on', async () => {
  const { keptId, openId, audio } = await makeVersion1();
  const db = await openTurntapeDatabase(name);
  expect((await listSessions(db)).map((row) => row.session_id).toSorted()).toEqual(['done', 'torn']);
  expect(await listSegments(db, 'done')).toMatchObject([{ segment_id: keptId, state: 'kept' }]);
  expect(new Uint8Array((await readAudio(db, keptId)) ?? bytes())).toEqual(new Uint8Array(audio));
  expect(await unfinishedSegments(db, 'torn')).toMatchObject([{ draft: { segment_id: openId } }]);
  expect((await readChunks(db, openId)).map((chunk) => new Uint8Array(chunk)[0])).toEqual([0, 1]);
  expect(await listTranscripts(db, 'done')).toHaveLength(1);
  const outbox = createOutbox(db);
  expect((await outbox.items()).map(({ payload }) => payload.kind)).toEqual(['segment', 'transcript', 'session']);

  await appendChunk(db, openId, 2, bytes(2));
  expect(await readChunks(db, openId)).toHaveLength(3);
  await startSession(db, sampleSession('new'), { encrypt: 'all' });
  const fresh = await sampleSegmentWithAudio('new');
  await keepSegment(db, fresh.segment, fresh.audio);
  expect(new Uint8Array((await readAudio(db, fresh.segment.segment_id)) ?? bytes())).toEqual(
    new Uint8Array(fresh.audio),
  );
  db.close();
  const idb = await openDB(name);
  expect(idb.version).toBe(DATABASE_VERSION);
  idb.close();
});

test('[STORE-18] an upgrade that is cut off has not begun: the next start does it whole', async () => {
  const { keptId } = await makeVersion1();
  const mishap = openDB(name, DATABASE_VERSION, {
    upgrade(_db, _from, _to, tx) {
      // idb makes this promise for everybody; here nobody awaits it.
      tx.done.catch(() => undefined);
      tx.abort();
    },
  });
  await expect(mishap).rejects.toThrow();
  const db = await openTurntapeDatabase(name);
  expect(await listSegments(db, 'done')).toMatchObject([{ segment_id: keptId }]);
  db.close();
});

test('[STORE-33] what had not ended before the upgrade counts as running, what had does not, and so it goes on', async () => {
  await makeVersion1();
  const db = await openTurntapeDatabase(name);
  const running = async (...ids: string[]): Promise<boolean[]> => Promise.all(ids.map((id) => isRunning(db, id)));
  expect(await running('torn', 'done')).toEqual([true, false]);
  await startSession(db, sampleSession('new'));
  expect(await running('torn', 'new')).toEqual([true, true]);
  await endSession(db, sampleSessionEnd('torn'));
  await eraseSession(db, 'new');
  expect(await running('torn', 'new')).toEqual([false, false]);
  db.close();
});
