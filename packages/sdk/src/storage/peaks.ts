import type { TurntapeDatabase } from './database.ts';
import type { RecordPlace } from './record-cipher.ts';

const placeOf = (segmentId: string): RecordPlace => ({ segmentId, kind: 'peaks', index: 0 });

/**
 * The kept peaks of a segment's file as `core/peaks.ts` packs them, or undefined: none were kept.
 * @throws TurntapeError `undecryptable`: they are encrypted and their key is not here.
 */
export async function readPeaks(db: TurntapeDatabase, segmentId: string): Promise<ArrayBuffer | undefined> {
  const row = await db.read(['peaks'], (tx) => tx.objectStore('peaks').get(segmentId));
  return row && db.vault.decrypt(placeOf(segmentId), row);
}

/**
 * Keeps the peaks of a segment's file, encrypted when its session has a key. Nothing is kept of a segment that is gone or
 * has another file meanwhile: an outline of what was redacted must not outlive it.
 */
export async function keepPeaks(
  db: TurntapeDatabase,
  { segmentId, sha256 }: { segmentId: string; sha256: string },
  packed: ArrayBuffer,
): Promise<void> {
  const stored = await db.vault.encrypt(placeOf(segmentId), packed);
  await db.write(['segments', 'peaks'], 'relaxed', async (tx) => {
    const segment = await tx.objectStore('segments').get(segmentId);
    if (segment?.sha256 === sha256) await tx.objectStore('peaks').put({ segment_id: segmentId, ...stored });
  });
}
