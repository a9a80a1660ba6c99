import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sampleSegmentWithAudio, sampleSession } from '../upload-contract/samples.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from './database.ts';
import { eraseSession } from './erase.ts';
import { createOutbox } from './outbox.ts';
import { appendChunk, keepSegment, openSegment, readAudio, readChunks, unfinishedSegments } from './segments.ts';
import { startSession } from './sessions.ts';

// A storage bucket is a small disk of its own, with Chromium's real quota (the types of the DOM do not know it yet).
interface Buckets {
  open(name: string, options: { quota: number }): Promise<{ indexedDB: IDBFactory }>;
  delete(name: string): Promise<void>;
}
const { storageBuckets } = navigator as unknown as { storageBuckets: Buckets };

let db: TurntapeDatabase;

beforeEach(async () => {
  const bucket = await storageBuckets.open('small', { quota: 600_000 });
  vi.stubGlobal('indexedDB', bucket.indexedDB);
  db = await openTurntapeDatabase();
  await startSession(db, sampleSession('s'));
  await startSession(db, sampleSession('filler'));
});

afterEach(async () => {
  db.close();
  vi.unstubAllGlobals();
  await storageBuckets.delete('small');
});

/** Appends chunks until the browser refuses one; how many it took. */
async function fillUp(segmentId: string): Promise<{ chunks: number; refusal: unknown }> {
  for (let chunks = 0; chunks < 100; chunks += 1) {
    try {
      await appendChunk(db, segmentId, chunks, crypto.getRandomValues(new Uint8Array(30_000)).buffer);
    } catch (refusal) {
      return { chunks, refusal };
    }
  }
  throw new Error('the disk never became full');
}

test('[STORE-12] a full disk is storage_full: what is kept stays, and work goes on when there is room', async () => {
  const kept = await sampleSegmentWithAudio('s', { byteSize: 30_000 });
  await keepSegment(db, kept.segment, kept.audio);
  const next = await sampleSegmentWithAudio('s', { byteSize: 30_000 });
  await openSegment(db, next.segment);
  await appendChunk(db, next.segment.segment_id, 0, next.audio);
  const filler = await sampleSegmentWithAudio('filler');
  await openSegment(db, filler.segment);

  const { chunks, refusal } = await fillUp(filler.segment.segment_id);
  expect(refusal).toMatchObject({ name: 'TurntapeError', code: 'storage_full', cause: { name: 'QuotaExceededError' } });
  await expect(keepSegment(db, next.segment, next.audio)).rejects.toMatchObject({ code: 'storage_full' });

  expect(await readAudio(db, kept.segment.segment_id)).toEqual(kept.audio);
  expect(await readChunks(db, filler.segment.segment_id)).toHaveLength(chunks);
  expect(await unfinishedSegments(db, 's')).toMatchObject([{ draft: { segment_id: next.segment.segment_id } }]);
  expect(await readChunks(db, next.segment.segment_id)).toEqual([next.audio]);

  // Erasing works on a full disk, or nobody could ever make room.
  await eraseSession(db, 'filler');
  await keepSegment(db, next.segment, next.audio);
  expect(await readAudio(db, next.segment.segment_id)).toEqual(next.audio);
  expect((await createOutbox(db).items()).map((item) => item.payload.kind)).toEqual(['session', 'segment', 'segment']);
});
