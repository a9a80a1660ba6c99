import { beforeEach, expect, test } from 'vitest';
import { noise, smallDisk } from '../scripted/small-disk.ts';
import { sampleSegmentWithAudio, sampleSession } from '../upload-contract/samples.ts';
import type { TurntapeDatabase } from './database.ts';
import { eraseSession } from './erase.ts';
import { createOutbox } from './outbox.ts';
import { appendChunk, keepSegment, openSegment, readAudio, readChunks, unfinishedSegments } from './segments.ts';
import { startSession } from './sessions.ts';

let db: TurntapeDatabase;

const openDisk = smallDisk();
beforeEach(async () => {
  db = await openDisk(600_000);
  await startSession(db, sampleSession('s'));
  await startSession(db, sampleSession('filler'));
});

/** Appends chunks until the browser refuses one; how many it took. */
async function fillUp(segmentId: string): Promise<{ chunks: number; refusal: unknown }> {
  for (let chunks = 0; chunks < 100; chunks += 1) {
    try {
      await appendChunk(db, segmentId, chunks, noise(30_000));
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
