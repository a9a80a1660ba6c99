import { openTurntapeDatabase } from '../../src/storage/database.ts';
import { appendChunks, openSegment } from '../../src/storage/segments.ts';
import { startSession } from '../../src/storage/sessions.ts';
import { sampleSegment, sampleSession } from '../../src/upload-contract/samples.ts';

/**
 * Milliseconds that each commit took, one after the other, as a turn writes them: of a chunk, or of a few that came together.
 *
 * @param {{ byteSize: number, count: number, encrypt: boolean, batch?: number }} plan
 */
export async function writeChunks({ byteSize, count, encrypt, batch = 1 }) {
  const db = await openTurntapeDatabase(`chunks-${crypto.randomUUID()}`);
  const session = sampleSession(crypto.randomUUID());
  await startSession(db, session, { encrypt: encrypt && 'all' });
  const segment = sampleSegment(session.session_id);
  await openSegment(db, segment);
  const times = [];
  for (let index = 0; index < count; index += 1) {
    const chunks = Array.from({ length: batch }, (_, place) => {
      return { index: index * batch + place, bytes: crypto.getRandomValues(new Uint8Array(byteSize)).buffer };
    });
    const from = performance.now();
    await appendChunks(db, segment.segment_id, chunks);
    times.push(performance.now() - from);
  }
  db.close();
  return times;
}
