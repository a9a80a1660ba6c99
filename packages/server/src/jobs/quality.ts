import * as v from 'valibot';
import type { BlobStore } from '../blob-store.ts';
import type { Database } from '../database.ts';
import type { Metrics } from '../operate/metrics.ts';
import { findSegmentFile } from '../stores/playback.ts';
import { uuid } from '../wire/scalars.ts';
import { decode } from './ffmpeg.ts';
import type { TakenJob } from './job-queue.ts';
import { measureQuality, QUALITY_RATE } from './quality-score.ts';

/** Listens to a stored segment and writes into its row how it sounds. */
export function qualityWork(database: Database, blobs: BlobStore, metrics: Pick<Metrics, 'quality'>) {
  return async ({ session_id: sessionId, facts }: TakenJob, signal: AbortSignal): Promise<void> => {
    const segmentId = v.parse(uuid, facts['segment_id']);
    const file = await findSegmentFile(database, segmentId, sessionId);
    // Erased or replaced meanwhile.
    if (file === undefined) return;
    const bytes = await decode(blobs.read(file.key), file.format, QUALITY_RATE, signal);
    const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.byteLength & ~1)));
    const { rows } = await database.query<{ gaps: number }>(
      `SELECT coalesce(jsonb_array_length(gaps), 0) AS gaps FROM session_audio_segments WHERE segment_id = $1::uuid`,
      [segmentId],
    );
    const quality = measureQuality(samples, rows[0]?.gaps ?? 0);
    await database.query('UPDATE session_audio_segments SET quality = $2::jsonb WHERE segment_id = $1::uuid', [
      segmentId,
      JSON.stringify(quality),
    ]);
    metrics.quality.observe(quality.score);
  };
}
