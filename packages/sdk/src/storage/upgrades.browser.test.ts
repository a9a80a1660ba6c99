import { openDB } from 'idb';
import { expect, test } from 'vitest';
import { freshName } from '../scripted/fresh-database.ts';
import { makeVersion1 } from '../scripted/older-databases.ts';
import { sampleSegmentWithAudio, sampleSession, sampleSessionEnd } from '../upload-contract/samples.ts';
import { openTurntapeDatabase } from './database.ts';
import { eraseSession } from './erase.ts';
import { createOutbox } from './outbox.ts';
import { isRunning } from './running.ts';
import { appendChunk, keepSegment, listSegments, readAudio, readChunks, unfinishedSegments } from './segments.ts';
import { endSession, listSessions, startSession } from './sessions.ts';
import { listTranscripts } from './transcripts.ts';
import { DATABASE_VERSION } from './upgrades.ts';

const database = freshName();
const bytes = (...numbers: number[]): ArrayBuffer => Uint8Array.from(numbers).buffer;

test('[STORE-18] a database made by version 1 is upgraded with everything in it, and goes on', async () => {
  const { keptId, openId, audio } = await makeVersion1(database.name);
  const db = await openTurntapeDatabase(database.name);
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
  const idb = await openDB(database.name);
  expect(idb.version).toBe(DATABASE_VERSION);
  idb.close();
});

test('[STORE-18] an upgrade that is cut off has not begun: the next start does it whole', async () => {
  const { keptId } = await makeVersion1(database.name);
  const mishap = openDB(database.name, DATABASE_VERSION, {
    upgrade(_db, _from, _to, tx) {
      // idb makes this promise for everybody; here nobody awaits it.
      tx.done.catch(() => undefined);
      tx.abort();
    },
  });
  await expect(mishap).rejects.toThrow();
  const db = await openTurntapeDatabase(database.name);
  expect(await listSegments(db, 'done')).toMatchObject([{ segment_id: keptId }]);
  db.close();
});

test('[STORE-33] what had not ended before the upgrade counts as running, what had does not, and so it goes on', async () => {
  await makeVersion1(database.name);
  const db = await openTurntapeDatabase(database.name);
  const running = async (...ids: string[]): Promise<boolean[]> => Promise.all(ids.map((id) => isRunning(db, id)));
  expect(await running('torn', 'done')).toEqual([true, false]);
  await startSession(db, sampleSession('new'));
  expect(await running('torn', 'new')).toEqual([true, true]);
  await endSession(db, sampleSessionEnd('torn'));
  await eraseSession(db, 'new');
  expect(await running('torn', 'new')).toEqual([false, false]);
  db.close();
});
