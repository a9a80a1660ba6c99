import type { SegmentWire } from '../core/wire.ts';
import type { TurntapeDatabase } from './database.ts';
import { enqueue } from './enqueue.ts';
import type { RecordPlace } from './record-cipher.ts';
import type { ChunkRow, KeptSegmentRow, OutboxRow } from './rows.ts';
import { readChunkRows } from './segments.ts';
import type { StoredBytes } from './vault.ts';

/** A change of a segment that is being recorded. */
export interface DraftChange {
  /** What is known of its turn by now. */
  facts?: SegmentWire;
  /** All its marks, and all that is missing of it, as far as they are known. Undefined: unchanged. */
  marks?: SegmentWire['marks'];
  gaps?: SegmentWire['gaps'];
  /** What becomes of each chunk; undefined: nothing. Default: all stay as they are. */
  rewrite?: (index: number, bytes: ArrayBuffer) => ArrayBuffer | undefined;
}

/**
 * Changes the facts of a running segment, and its chunks with them, in one strict transaction: a crash recovers both or
 * neither. A segment that is not open (kept, discarded, erased) is left alone.
 */
export async function amendDraft(db: TurntapeDatabase, segmentId: string, change: DraftChange): Promise<void> {
  const { facts, marks, gaps, rewrite } = change;
  const rewritten = rewrite ? await rewriteChunks(db, segmentId, rewrite) : [];
  await db.write(['segments', 'chunks'], 'strict', async (tx) => {
    const row = await tx.objectStore('segments').get(segmentId);
    if (row?.state !== 'recording') return;
    await tx.objectStore('segments').put({ ...row, ...facts, ...(marks && { marks }), ...(gaps && { gaps }) });
    for (const chunk of rewritten) await tx.objectStore('chunks').put(chunk);
  });
}

/** The chunks that change, as they are to be stored. Nothing is appended meanwhile: one room writes a segment, in order. */
async function rewriteChunks(
  db: TurntapeDatabase,
  segmentId: string,
  rewrite: (index: number, bytes: ArrayBuffer) => ArrayBuffer | undefined,
): Promise<ChunkRow[]> {
  const rewritten: ChunkRow[] = [];
  for (const row of await readChunkRows(db, segmentId)) {
    const place: RecordPlace = { segmentId, kind: 'chunk', index: row.index };
    const bytes = rewrite(row.index, await db.vault.decrypt(place, row));
    if (bytes) rewritten.push({ ...row, ...(await db.vault.encrypt(place, bytes)) });
  }
  return rewritten;
}

/** The new file of a kept segment, and what goes with it. */
export interface Rewriting {
  /** The segment as it was read: one that has changed since is not touched. */
  before: SegmentWire;
  audio: ArrayBuffer;
  sha256: string;
  marks: SegmentWire['marks'];
  /** The id it gets when the old file may have left the device. */
  newId: string;
  /** Nobody is sending now: a segment that was never tried, and that no page holds ready for its exit, may keep its id. */
  nobodySends: boolean;
}

/**
 * Puts a rewritten file in the place of a kept one: row, file and outbox item in one strict transaction; the old file is
 * gone with it. What was never tried keeps its id. What may have left the device becomes a new segment with `replaces`,
 * since other bytes under the same id would be a conflict. Gives the segment as it is now, or undefined: it changed
 * meanwhile, or was erased.
 */
export async function rewriteSegment(
  db: TurntapeDatabase,
  rewriting: Rewriting,
  nowMs = Date.now(),
): Promise<SegmentWire | undefined> {
  const { before, audio, sha256, marks, newId, nobodySends } = rewriting;
  const storedAs = async (segmentId: string): Promise<StoredBytes> =>
    db.vault.encrypt({ segmentId, kind: 'audio', index: 0 }, audio, before.session_id);
  // Which of the two it becomes is known only within the transaction, and that does not wait for a cipher.
  const [underOld, underNew] = [await storedAs(before.segment_id), await storedAs(newId)];
  return db.write(['segments', 'audio', 'peaks', 'outbox'], 'strict', async (tx) => {
    const [segments, files, outbox] = [tx.objectStore('segments'), tx.objectStore('audio'), tx.objectStore('outbox')];
    const row = await segments.get(before.segment_id);
    if (!row || row.state === 'recording' || row.sha256 !== before.sha256) return undefined;
    const items = (await outbox.index('session_id').getAll(row.session_id)).filter(
      (item) => item.kind === 'segment' && item.segment_id === row.segment_id,
    );
    const keepsId = nobodySends && items.length > 0 && items.every(neverTried);
    const segment: SegmentWire = {
      ...before,
      segment_id: keepsId ? before.segment_id : newId,
      replaces: keepsId ? before.replaces : before.segment_id,
      byte_size: audio.byteLength,
      sha256,
      marks,
    };
    await segments.delete(row.segment_id);
    await files.delete(row.segment_id);
    // Its outline shows what was said, too. That of the new file is made when somebody wants to see it.
    await tx.objectStore('peaks').delete(row.segment_id);
    for (const { seq } of items) if (seq !== undefined) await outbox.delete(seq);
    const kept: KeptSegmentRow = {
      ...segment,
      state: 'kept',
      kept_at: nowMs,
      acknowledged_at: null,
      error: null,
      audio_url: null,
    };
    await segments.put(kept);
    await files.put({ segment_id: segment.segment_id, ...(keepsId ? underOld : underNew) });
    const { segment_id, session_id, byte_size } = segment;
    await enqueue(outbox, session_id, { kind: 'segment', segment_id, byte_size }, nowMs);
    return segment;
  });
}

/** Nor by a page that went and told nobody. */
function neverTried(item: OutboxRow): boolean {
  return item.state === 'pending' && item.attempts === 0 && item.sent_at === null && !item.may_leave;
}
