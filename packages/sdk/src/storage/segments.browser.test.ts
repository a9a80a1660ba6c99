import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { freshDatabase } from '../scripted/fresh-database.ts';
import { sampleSegment, sampleSegmentWithAudio, sampleSession } from '../upload-contract/samples.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from './database.ts';
import { eraseSession } from './erase.ts';
import { createOutbox } from './outbox.ts';
import {
  appendChunk,
  appendChunks,
  discardSegment,
  keepSegment,
  listSegments,
  openSegment,
  readAudio,
  readChunks,
  unfinishedSegments,
} from './segments.ts';
import { startSession } from './sessions.ts';

let db: TurntapeDatabase;
const fresh = freshDatabase((opened) => (db = opened));
// Also one that was opened anew.
afterEach(() => db.close());
beforeEach(async () => {
  await startSession(db, sampleSession('s'));
});
afterEach(async () => {
  vi.restoreAllMocks();
});

const bytes = (...numbers: number[]): ArrayBuffer => Uint8Array.from(numbers).buffer;
const numbers = (buffer: ArrayBuffer | undefined): number[] => Array.from(new Uint8Array(buffer ?? bytes()));
const waiting = async (): Promise<string[]> =>
  (await createOutbox(db).items()).map(({ payload }) =>
    payload.kind === 'segment' ? payload.segment.segment_id : payload.kind,
  );

test('[STORE-6] chunks come back in order, those of the hundredth after those of the second', async () => {
  const draft = sampleSegment('s');
  const other = sampleSegment('s');
  await openSegment(db, draft);
  await openSegment(db, other);
  for (const index of [2, 0, 100, 1, 10]) await appendChunk(db, draft.segment_id, index, bytes(index));
  await appendChunk(db, other.segment_id, 0, bytes(99));
  expect((await readChunks(db, draft.segment_id)).map(numbers)).toEqual([[0], [1], [2], [10], [100]]);
  expect((await readChunks(db, other.segment_id)).map(numbers)).toEqual([[99]]);
});

test('[STORE-6] a chunk that is appended again takes its own place', async () => {
  const draft = sampleSegment('s');
  await openSegment(db, draft);
  await appendChunk(db, draft.segment_id, 0, bytes(1));
  await appendChunk(db, draft.segment_id, 0, bytes(1));
  expect(await readChunks(db, draft.segment_id)).toHaveLength(1);
});

test('[STORE-32] chunks that go together are all there or none, and are counted once', async () => {
  const added: number[] = [];
  const counting = await openTurntapeDatabase(fresh.name, { onAppended: (byteCount) => added.push(byteCount) });
  const draft = sampleSegment('s');
  await openSegment(counting, draft);
  const good = [0, 1, 2].map((index) => ({ index, bytes: bytes(index, index) }));
  // Nothing that a database could take.
  const bad = { index: 3, bytes: (() => {}) as unknown as ArrayBuffer };
  await expect(appendChunks(counting, draft.segment_id, [...good, bad])).rejects.toMatchObject({
    code: 'storage_failed',
  });
  expect([await readChunks(counting, draft.segment_id), added]).toEqual([[], []]);
  await appendChunks(counting, draft.segment_id, good);
  expect([(await readChunks(counting, draft.segment_id)).map(numbers), added]).toEqual([
    [
      [0, 0],
      [1, 1],
      [2, 2],
    ],
    [6],
  ]);
  counting.close();
});

test('[STORE-7] keeping a segment writes row, file and outbox item and deletes its chunks', async () => {
  const { segment, audio } = await sampleSegmentWithAudio('s');
  await openSegment(db, segment);
  await appendChunk(db, segment.segment_id, 0, bytes(1, 2, 3));
  expect(await listSegments(db, 's')).toEqual([]);
  await keepSegment(db, segment, audio, { nowMs: 1234 });
  expect(await listSegments(db, 's')).toEqual([
    { ...segment, state: 'kept', kept_at: 1234, acknowledged_at: null, error: null, audio_url: null },
  ]);
  expect(numbers(await readAudio(db, segment.segment_id))).toEqual(numbers(audio));
  expect(await readChunks(db, segment.segment_id)).toEqual([]);
  expect(await unfinishedSegments(db, 's')).toEqual([]);
  expect(await waiting()).toEqual(['session', segment.segment_id]);
});

test('[STORE-7] keeping is one strict transaction: when it fails, nothing of it has happened', async () => {
  const { segment, audio } = await sampleSegmentWithAudio('s');
  await openSegment(db, segment);
  await appendChunk(db, segment.segment_id, 0, bytes(1, 2, 3));
  const transaction = vi.spyOn(IDBDatabase.prototype, 'transaction');
  // The outbox is written last.
  vi.spyOn(IDBObjectStore.prototype, 'add').mockImplementation(() => {
    throw new DOMException('no more room', 'QuotaExceededError');
  });
  await expect(keepSegment(db, segment, audio)).rejects.toMatchObject({ code: 'storage_full' });
  expect(transaction).toHaveBeenCalledExactlyOnceWith(expect.anything(), 'readwrite', { durability: 'strict' });
  vi.restoreAllMocks();
  expect(await unfinishedSegments(db, 's')).toMatchObject([{ draft: { segment_id: segment.segment_id } }]);
  expect(await readChunks(db, segment.segment_id)).toHaveLength(1);
  expect(await readAudio(db, segment.segment_id)).toBeUndefined();
  expect(await waiting()).toEqual(['session']);
});

test('[STORE-7] chunks are written with relaxed durability', async () => {
  const draft = sampleSegment('s');
  await openSegment(db, draft);
  const transaction = vi.spyOn(IDBDatabase.prototype, 'transaction');
  await appendChunk(db, draft.segment_id, 0, bytes(1));
  expect(transaction).toHaveBeenCalledExactlyOnceWith(expect.anything(), 'readwrite', { durability: 'relaxed' });
});

test('[STORE-8] keeping the same bytes twice is one item; other bytes are refused', async () => {
  const { segment, audio } = await sampleSegmentWithAudio('s');
  await keepSegment(db, segment, audio);
  await keepSegment(db, segment, audio);
  expect(await waiting()).toEqual(['session', segment.segment_id]);
  await expect(keepSegment(db, { ...segment, sha256: 'ff' }, bytes(1))).rejects.toMatchObject({
    code: 'storage_failed',
  });
  expect(numbers(await readAudio(db, segment.segment_id))).toEqual(numbers(audio));
});

test('[STORE-8] a turn that was never heard is kept without a file', async () => {
  const segment = sampleSegment('s', { speaker: 'bot', duration_ms: 0 });
  await keepSegment(db, segment, undefined);
  expect(await readAudio(db, segment.segment_id)).toBeUndefined();
  expect(await waiting()).toEqual(['session', segment.segment_id]);
});

test('[STORE-9] a discarded segment leaves nothing; a kept one cannot be discarded', async () => {
  const draft = sampleSegment('s');
  await openSegment(db, draft);
  await appendChunk(db, draft.segment_id, 0, bytes(1));
  await discardSegment(db, draft.segment_id);
  expect(await unfinishedSegments(db, 's')).toEqual([]);
  expect(await readChunks(db, draft.segment_id)).toEqual([]);
  const { segment, audio } = await sampleSegmentWithAudio('s');
  await keepSegment(db, segment, audio);
  await discardSegment(db, segment.segment_id);
  expect(await listSegments(db, 's')).toHaveLength(1);
});

test('[STORE-10] what a crash leaves is found: the facts of the start and every chunk', async () => {
  const draft = sampleSegment('s');
  await openSegment(db, draft);
  await appendChunk(db, draft.segment_id, 0, bytes(1));
  await appendChunk(db, draft.segment_id, 1, bytes(2));
  db.close();
  db = await openTurntapeDatabase(fresh.name);
  expect(await unfinishedSegments(db, 's')).toEqual([{ draft, sealHead: undefined }]);
  expect((await readChunks(db, draft.segment_id)).map(numbers)).toEqual([[1], [2]]);
});

test('[STORE-11] segments are listed in the order of the timeline, parts of a turn in theirs', async () => {
  const at = '2026-11-20T10:00:0';
  const late = sampleSegment('s', { started_at: `${at}9.000Z` });
  const second = sampleSegment('s', { started_at: `${at}1.000Z`, part: 2 });
  const first = sampleSegment('s', { started_at: `${at}1.000Z`, part: 1 });
  for (const segment of [late, second, first]) await keepSegment(db, segment, undefined);
  const ids = (await listSegments(db, 's')).map((row) => row.segment_id);
  expect(ids).toEqual([first.segment_id, second.segment_id, late.segment_id]);
});

test('[OWN-1] after an erasure whoever still records is refused: no chunk, no file, no new segment', async () => {
  const { segment, audio } = await sampleSegmentWithAudio('s');
  await openSegment(db, segment);
  await eraseSession(db, 's');
  const refused = { code: 'storage_failed' };
  await expect(appendChunk(db, segment.segment_id, 0, bytes(1))).rejects.toMatchObject(refused);
  await expect(keepSegment(db, segment, audio)).rejects.toMatchObject(refused);
  await expect(openSegment(db, sampleSegment('s'))).rejects.toMatchObject(refused);
  expect([...(await unfinishedSegments(db, 's')), ...(await listSegments(db, 's'))]).toEqual([]);
  expect(await readChunks(db, segment.segment_id)).toEqual([]);
});
