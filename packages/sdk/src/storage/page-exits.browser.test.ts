import { deleteDB } from 'idb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sampleSession, sampleSessionEnd } from '../upload-contract/samples.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from './database.ts';
import { eraseSession } from './erase.ts';
import { markPageExit, pageExitOf, unmarkPageExit } from './page-exits.ts';
import { endSession, startSession } from './sessions.ts';

let name = '';
let db: TurntapeDatabase;
beforeEach(async () => {
  name = `exits-${crypto.randomUUID()}`;
  db = await openTurntapeDatabase(name);
});
afterEach(async () => {
  db.close();
  await deleteDB(name);
});

test('[EXIT-2] that a page was left is written down in the moment it has, and goes when the page or the session comes back', async () => {
  await startSession(db, sampleSession('s'));
  expect(await pageExitOf(db, 's')).toBeUndefined();
  const marked = markPageExit(db, 's', 5);
  // Nothing is awaited: another connection sees it, and would after the death of this one.
  const other = await openTurntapeDatabase(name);
  expect(await pageExitOf(other, 's')).toBe(5);
  other.close();
  await marked;

  await unmarkPageExit(db, 's');
  expect(await pageExitOf(db, 's')).toBeUndefined();
  for (const ends of [
    () => startSession(db, sampleSession('s')),
    () => endSession(db, sampleSessionEnd('s')),
    () => eraseSession(db, 's'),
  ]) {
    await markPageExit(db, 's');
    await ends();
    expect(await pageExitOf(db, 's')).toBeUndefined();
  }
});
