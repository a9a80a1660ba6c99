import { deleteDB } from 'idb';
import { afterEach, expect, test } from 'vitest';
import type { ErrorFacts } from '../../core/errors.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from '../../storage/database.ts';
import { eraseSession } from '../../storage/erase.ts';
import { appendChunk, listSegments, openSegment, unfinishedSegments } from '../../storage/segments.ts';
import { listSessions, startSession } from '../../storage/sessions.ts';
import { sampleSegment, sampleSession } from '../../upload-contract/samples.ts';
import { recoverSessions } from './recovery.ts';

const name = `test-${crypto.randomUUID()}`;
let db: TurntapeDatabase | undefined;
afterEach(async () => {
  db?.close();
  await deleteDB(name);
});

/** A session that a crash has left in the middle of an encrypted turn of 40 ms. */
async function crashed(before: TurntapeDatabase, sessionId: string): Promise<void> {
  await startSession(before, sampleSession(sessionId), { encrypt: 'all' });
  const draft = sampleSegment(sessionId, { format: 'wav' });
  await openSegment(before, draft);
  await appendChunk(before, draft.segment_id, 0, new ArrayBuffer(1920 * 2));
}

test('[ATREST-11] an unfinished turn whose key is lost is told and left where it is, and its session and all others are recovered', async () => {
  const before = await openTurntapeDatabase(name);
  await crashed(before, 'lost');
  await crashed(before, 'here');
  await before.write(['keys'], 'relaxed', (tx) => tx.objectStore('keys').delete('lost'));
  before.close();
  db = await openTurntapeDatabase(name);
  const errors: ErrorFacts[] = [];
  const recover = () => recoverSessions(db ?? expect.unreachable(), (error) => errors.push(error));
  expect((await recover()).toSorted()).toEqual(['here', 'lost']);
  expect(errors).toMatchObject([{ code: 'undecryptable', retryable: false }]);
  expect((await listSessions(db)).map(({ state }) => state)).toEqual(['recovered', 'recovered']);
  expect(await listSegments(db, 'here')).toMatchObject([{ duration_ms: 40, state: 'kept' }]);
  expect(await unfinishedSegments(db, 'lost')).toHaveLength(1);
  // Not again at every start.
  expect(await recover()).toEqual([]);
  expect(errors).toHaveLength(1);
  await eraseSession(db, 'lost');
  expect(await unfinishedSegments(db, 'lost')).toEqual([]);
});
