import { beforeEach, expect, test } from 'vitest';
import { freshDatabase } from '../scripted/fresh-database.ts';
import type { ErrorFacts } from '../core/errors.ts';
import type { Outbox, OutboxKnowledge } from '../upload-contract/outbox.ts';
import { sampleSegmentWithAudio, sampleSession } from '../upload-contract/samples.ts';
import type { TurntapeDatabase } from './database.ts';
import { createOutbox } from './outbox.ts';
import { keepSegment, listSegments } from './segments.ts';
import { startSession } from './sessions.ts';

let db: TurntapeDatabase;
freshDatabase((opened) => (db = opened));
let outbox: Outbox;
beforeEach(async () => {
  outbox = createOutbox(db);
  await startSession(db, sampleSession('a'));
  await startSession(db, sampleSession('b'));
});

const cancelled: ErrorFacts = { code: 'aborted', message: 'the app cancelled it', retryable: false };

async function keep(sessionId: string, count: number): Promise<void> {
  for (let fill = 1; fill <= count; fill += 1) {
    const { segment, audio } = await sampleSegmentWithAudio(sessionId, { fill, byteSize: 100 * fill });
    await keepSegment(db, segment, audio);
  }
}

/** What a reader of all of it knows. */
async function knowledge(): Promise<OutboxKnowledge> {
  const { entries } = await outbox.read();
  return { lastSeq: entries.at(-1)?.seq ?? 0, count: entries.length };
}

test('[SEND-25] a reading gives what was added since, with the size of each file, and says that it is not all', async () => {
  await keep('a', 3);
  const known = await knowledge();
  await keep('b', 2);
  const { entries, isWhole } = await outbox.read(known);
  expect(isWhole).toBe(false);
  expect(entries).toMatchObject([
    { sessionId: 'b', kind: 'segment', byteSize: 100, state: 'pending', attempts: 0 },
    { sessionId: 'b', kind: 'segment', byteSize: 200, state: 'pending', attempts: 0 },
  ]);
  const [row] = await listSegments(db, 'b');
  expect(entries.map(({ id }) => id)).toContain(row?.segment_id);
  expect(await outbox.read(await knowledge())).toEqual({ entries: [], isWhole: false });
});

test('[SEND-25] a reading is whole when something has left by another hand, also when as much was added', async () => {
  await keep('a', 3);
  const known = await knowledge();
  const { entries } = await outbox.read();
  await outbox.acknowledged(entries[2]!, undefined);
  await keep('a', 1);
  const after = await outbox.read(known);
  expect(after.isWhole).toBe(true);
  expect(after.entries).toHaveLength(5);
  expect(await outbox.read({ ...known, count: undefined })).toMatchObject({
    isWhole: false,
    entries: [{ kind: 'segment' }],
  });
});

test('[SEND-25] one item is read with what it carries, as it is now', async () => {
  await keep('a', 1);
  const { entries } = await outbox.read();
  const item = await outbox.item(entries[2]!.seq);
  expect(item).toMatchObject({ ...entries[2], payload: { kind: 'segment', segment: { segment_id: entries[2]?.id } } });
  expect(await outbox.item(entries[0]!.seq)).toMatchObject({
    payload: { kind: 'session', session: { session_id: 'a' } },
  });
  await outbox.acknowledged(item!, undefined);
  expect(await outbox.item(item!.seq)).toBeUndefined();
});

test('[SEND-22] cancelling marks the chosen items and their segments, and retry brings back the chosen ones', async () => {
  await keep('a', 2);
  await keep('b', 1);
  const states = async () => (await outbox.read()).entries.map(({ sessionId, state }) => `${sessionId} ${state}`);
  await outbox.cancel({ sessionId: 'a' }, cancelled);
  expect(await states()).toEqual(['a rejected', 'b pending', 'a rejected', 'a rejected', 'b pending']);
  expect((await listSegments(db, 'a')).map(({ state, error }) => [state, error?.code])).toEqual([
    ['rejected', 'aborted'],
    ['rejected', 'aborted'],
  ]);
  const [, , first] = (await outbox.read()).entries;
  // Of another session: nothing is meant.
  await outbox.retry({ sessionId: 'b', seq: first?.seq });
  expect((await states()).filter((state) => state === 'a pending')).toEqual([]);
  await outbox.retry({ seq: first?.seq });
  expect(await states()).toEqual(['a rejected', 'b pending', 'a pending', 'a rejected', 'b pending']);
  expect((await listSegments(db, 'a')).map(({ state }) => state).toSorted()).toEqual(['kept', 'rejected']);
});
