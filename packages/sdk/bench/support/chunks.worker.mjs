import { openTurntapeDatabase } from '../../src/storage/database.ts';
import { appendChunk, openSegment } from '../../src/storage/segments.ts';
import { startSession } from '../../src/storage/sessions.ts';
import { sampleSegment, sampleSession } from '../../src/upload-contract/samples.ts';

/**
 * Milliseconds that each commit of a chunk took, one after the other, as a turn writes them.
 *
 * @param {{ byteSize: number, count: number, encrypt: boolean }} plan
 */
export async function writeChunks({ byteSize, count, encrypt }) {
  const db = await openTurntapeDatabase(`chunks-${crypto.randomUUID()}`);
  const session = sampleSession(crypto.randomUUID());
  await startSession(db, session, { encrypt });
  const segment = sampleSegment(session.session_id);
  await openSegment(db, segment);
  const times = [];
  for (let index = 0; index < count; index += 1) {
    const bytes = crypto.getRandomValues(new Uint8Array(byteSize)).buffer;
    const from = performance.now();
    await appendChunk(db, segment.segment_id, index, bytes);
    times.push(performance.now() - from);
  }
  db.close();
  return times;
}
