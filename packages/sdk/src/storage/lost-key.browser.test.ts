import { expect, test } from 'vitest';
import { freshDatabase } from '../scripted/fresh-database.ts';
import { TurntapeError } from '../core/errors.ts';
import { sampleSession, sampleTranscript } from '../upload-contract/samples.ts';
import type { TurntapeDatabase } from './database.ts';
import { createOutbox } from './outbox.ts';
import { startSession } from './sessions.ts';
import { putTranscript } from './transcripts.ts';

let db: TurntapeDatabase;
freshDatabase((opened) => (db = opened));

async function start(sessionId: string): Promise<void> {
  await startSession(db, sampleSession(sessionId, { metadata: { topic: sessionId } }), { encrypt: 'all' });
  await putTranscript(db, sampleTranscript(sessionId, { text: `said in ${sessionId}` }));
}

test('[ATREST-13] an item whose words nobody can read is listed as unreadable, in its place, and hides no other', async () => {
  await start('lost');
  await start('here');
  await db.write(['keys'], 'relaxed', (tx) => tx.objectStore('keys').delete('lost'));
  const outbox = createOutbox(db);
  const items = await outbox.items();
  expect(items).toMatchObject([
    { kind: 'session', sessionId: 'lost', unreadable: true, payload: { session: { metadata: {}, consent: null } } },
    { kind: 'transcript', sessionId: 'lost', unreadable: true, payload: { transcript: { text: '', language: null } } },
    { kind: 'session', sessionId: 'here', payload: { session: { metadata: { topic: 'here' } } } },
    { kind: 'transcript', sessionId: 'here', payload: { transcript: { text: 'said in here' } } },
  ]);
  for (const item of items) {
    expect(item).toEqual(await outbox.item(item.seq));
    expect(JSON.stringify(item)).not.toContain('secret');
    expect('unreadable' in item).toBe(item.sessionId === 'lost');
  }
});

test('[ATREST-13] a key of another session opens nothing: the same as none', async () => {
  await start('lost');
  await start('here');
  await db.write(['keys'], 'relaxed', async (tx) => {
    const keys = tx.objectStore('keys');
    const other = (await keys.get('here')) ?? expect.unreachable();
    await keys.put({ ...other, session_id: 'lost' });
  });
  const unreadable = (await createOutbox(db).items()).filter((item) => item.unreadable);
  expect(unreadable.map(({ sessionId, kind }) => `${sessionId} ${kind}`)).toEqual(['lost session', 'lost transcript']);
});

test('[ATREST-13] a database that fails is no lost key: the list rejects, and says so', async () => {
  await start('here');
  const failing = Object.create(db) as TurntapeDatabase;
  failing.read = (stores, work) =>
    stores.some((store) => store === 'keys')
      ? Promise.reject(new TurntapeError('storage_failed', 'the database failed'))
      : db.read(stores, work);
  const outbox = createOutbox(failing);
  await expect(outbox.items()).rejects.toMatchObject({ code: 'storage_failed' });
  await expect(outbox.item(1)).rejects.toMatchObject({ code: 'storage_failed' });
});
