import { openDB } from 'idb';
import { expect, test } from 'vitest';
import { freshName } from '../scripted/fresh-database.ts';
import { OLD_WORDS, makeVersion5, withTopic } from '../scripted/older-databases.ts';
import { sampleSession, sampleSessionEnd } from '../upload-contract/samples.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from './database.ts';
import { hideOlderWords } from './older-words.ts';
import { createOutbox } from './outbox.ts';
import { readAudio } from './segments.ts';
import { readSession, updateSession } from './sessions.ts';
import { listTranscripts } from './transcripts.ts';

const fresh = freshName();
const SECRET = ['secret', 'private'] as const;
const STORES = ['sessions', 'transcripts', 'outbox'] as const;

interface Row {
  session_id: string;
  secret?: ArrayBuffer;
  session?: Row;
}

/** The rows of a session, by store. */
async function rowsOf(sessionId: string): Promise<[store: string, row: Row][]> {
  const raw = await openDB(fresh.name);
  const found: [string, Row][] = [];
  for (const store of STORES)
    for (const row of (await raw.getAll(store)) as Row[]) if (row.session_id === sessionId) found.push([store, row]);
  raw.close();
  return found;
}

/** Those that hold one of its words in the open, by store. */
async function openRows(sessionId: string): Promise<string[]> {
  const words = new RegExp(Object.values(OLD_WORDS).join('|'));
  return (await rowsOf(sessionId)).filter(([, row]) => words.test(JSON.stringify(row))).map(([store]) => store);
}

/** Everything as it was given, read with the key. */
async function expectAllThere(db: TurntapeDatabase): Promise<void> {
  for (const id of [...SECRET, 'open']) {
    expect(await readSession(db, id)).toEqual(withTopic(sampleSessionEnd(id)));
    const [transcript] = await listTranscripts(db, id);
    expect(transcript).toMatchObject({ text: OLD_WORDS.text, language: 'en', state: 'kept', kept_at: 1 });
  }
  const items = await createOutbox(db).items();
  expect(items.map(({ payload, attempts, state }) => [payload, attempts, state])).toMatchObject(
    [...SECRET, 'open'].flatMap((id) => [
      [{ session: withTopic(sampleSession(id)) }, 0, 'pending'],
      [{ transcript: { text: OLD_WORDS.text, session_id: id } }, 0, 'pending'],
    ]),
  );
}

const covers = async (db: TurntapeDatabase): Promise<string[]> =>
  (await db.read(['keys'], (tx) => tx.objectStore('keys').getAll())).map((row) => row.covers);

test('[STORE-31] what encrypted sessions of version 5 said in words is encrypted after the upgrade, and nothing else changes', async () => {
  const files = await makeVersion5(fresh.name, SECRET);
  for (const id of SECRET) expect(await openRows(id)).toEqual(STORES);
  const db = await openTurntapeDatabase(fresh.name);
  await hideOlderWords(db);
  for (const id of SECRET) expect(await openRows(id)).toEqual([]);
  expect(await openRows('open')).toEqual(STORES);
  await expectAllThere(db);
  for (const { segmentId, audio } of files.values())
    expect(new Uint8Array((await readAudio(db, segmentId)) ?? new ArrayBuffer(0))).toEqual(new Uint8Array(audio));
  expect(await covers(db)).toEqual(['all', 'all']);
  db.close();
});

test('[STORE-31] whenever a start dies, each session is wholly in the open or wholly hidden, and the next start does the rest', async () => {
  await makeVersion5(fresh.name, SECRET);
  const db = await openTurntapeDatabase(fresh.name);
  let isOver = false;
  for (let transactions = 0; !isOver; transactions += 1) {
    let left = transactions;
    const dying = Object.create(db) as TurntapeDatabase;
    const alive = (): void => {
      left -= 1;
      if (left < 0) throw new Error('dead');
    };
    dying.read = async (stores, work) => (alive(), db.read(stores, work));
    dying.write = async (stores, durability, work) => (alive(), db.write(stores, durability, work));
    isOver = await hideOlderWords(dying).then(
      () => true,
      () => false,
    );
    const hidden = await covers(db);
    for (const [index, id] of SECRET.toSorted().entries())
      expect(await openRows(id), `after ${transactions} transactions`).toEqual(hidden[index] === 'all' ? [] : STORES);
    expect(await listTranscripts(db, 'secret')).toMatchObject([{ text: OLD_WORDS.text }]);
  }
  expect(await covers(db)).toEqual(['all', 'all']);
  await expectAllThere(db);
  db.close();
});

test('[STORE-31] two starts at once come to the same as one, and a second finds nothing to do', async () => {
  await makeVersion5(fresh.name, SECRET);
  const db = await openTurntapeDatabase(fresh.name);
  await Promise.all([hideOlderWords(db), hideOlderWords(db)]);
  const before = await rowsOf('secret');
  await hideOlderWords(db);
  expect(await rowsOf('secret')).toEqual(before);
  await expectAllThere(db);
  db.close();
});

test('[STORE-31] what happens to a row while its words are encrypted stays', async () => {
  await makeVersion5(fresh.name, SECRET);
  const db = await openTurntapeDatabase(fresh.name);
  const outbox = createOutbox(db);
  const [item, transcript] = (await outbox.items()).filter(({ sessionId }) => sessionId === 'private');
  const changing = Object.create(db) as TurntapeDatabase;
  changing.read = (stores, work) => db.read(stores, work);
  let isFirst = true;
  // Keys come in order: the first that is written is `private`, whose words have been read by then.
  changing.write = async (stores, durability, work) => {
    if (isFirst) {
      isFirst = false;
      await updateSession(db, sampleSessionEnd('private', { end_reason: 'crash', metadata: { topic: 'newer' } }));
      await outbox.failed(item ?? expect.unreachable(), { code: 'network', message: '', retryable: true });
      await outbox.acknowledged(transcript ?? expect.unreachable(), undefined);
    }
    return db.write(stores, durability, work);
  };
  await hideOlderWords(changing);
  expect(await readSession(db, 'private')).toMatchObject({ end_reason: 'crash', metadata: { topic: 'newer' } });
  expect(await listTranscripts(db, 'private')).toMatchObject([{ state: 'acknowledged', text: OLD_WORDS.text }]);
  expect((await outbox.items()).map(({ sessionId, attempts }) => [sessionId, attempts])).toEqual([
    ['secret', 0],
    ['secret', 0],
    ['private', 1],
    ['open', 0],
    ['open', 0],
  ]);
  expect(await openRows('private')).toEqual([]);
  db.close();
});
