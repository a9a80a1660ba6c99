import type { BlobStore } from '../blob-store.ts';
import { isAudioFormat } from '../audio-format.ts';
import type { Queryable, Scope } from '../database.ts';
import { derivedFolder, storedAudioKey, segmentFactsKey } from './stored-files.ts';

/** Deletes the files that were made from a session's segments: they hold what is about to go. */
async function removeDerived(scope: Queryable, blobs: BlobStore, sessionId: string): Promise<void> {
  const { rows } = await scope.query(
    `SELECT 1 FROM session_recordings WHERE session_id = $1::uuid AND recording_source = 'derived' LIMIT 1`,
    [sessionId],
  );
  if (rows.length === 0) return;
  const keys: string[] = [];
  for await (const { key } of blobs.list(derivedFolder(sessionId))) keys.push(key);
  await blobs.remove(keys);
  await scope.query(`DELETE FROM session_recordings WHERE session_id = $1::uuid AND recording_source = 'derived'`, [
    sessionId,
  ]);
  await scope.query(`DELETE FROM turntape_jobs WHERE session_id = $1::uuid AND kind = 'session_file'`, [sessionId]);
}

/**
 * Deletes one segment: the files, then the row. `replacedBy` is the redacted one that takes its place, or null. It is
 * remembered, so that a late copy is not stored again. Under a legal hold a replaced segment is only marked.
 */
export async function removeSegment(
  scope: Scope,
  blobs: BlobStore,
  segment: { session_id: string; segment_id: string },
  { replacedBy, legalHold }: { replacedBy: string | null; legalHold: boolean },
): Promise<void> {
  const { session_id: sessionId, segment_id: segmentId } = segment;
  if (legalHold) {
    await scope.query(
      `UPDATE session_audio_segments SET replaced_by = $3::uuid
        WHERE session_id = $1::uuid AND segment_id = $2::uuid`,
      [sessionId, segmentId, replacedBy],
    );
    return;
  }
  const { rows } = await scope.query<{ format: string; audio_key: string | null }>(
    'SELECT format, audio_key FROM session_audio_segments WHERE session_id = $1::uuid AND segment_id = $2::uuid',
    [sessionId, segmentId],
  );
  const { format = '', audio_key = null } = rows[0] ?? {};
  // Facts last: as long as they are there, `reindex` can finish this.
  if (isAudioFormat(format)) await blobs.remove([storedAudioKey({ ...segment, audio_key }, format)]);
  await removeDerived(scope, blobs, sessionId);
  await scope.transaction(async (transaction) => {
    await transaction.query(
      `INSERT INTO removed_segments (segment_id, session_id, replaced_by) VALUES ($1::uuid, $2::uuid, $3::uuid)
       ON CONFLICT (segment_id) DO NOTHING`,
      [segmentId, sessionId, replacedBy],
    );
    await transaction.query(
      'DELETE FROM session_audio_segments WHERE session_id = $1::uuid AND segment_id = $2::uuid',
      [sessionId, segmentId],
    );
  });
  await blobs.remove([segmentFactsKey(segment)]);
}
