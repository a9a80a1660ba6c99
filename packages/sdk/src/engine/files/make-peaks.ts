import { TurntapeError } from '../../core/errors.ts';
import { PeakMeter } from '../../core/peaks.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import { keepPeaks } from '../../storage/peaks.ts';
import { readAudio, readKeptSegment } from '../../storage/segments.ts';
import { pause } from '../pause.ts';
import { decodeSegment } from './placed-segments.ts';

/**
 * Makes the outline of a kept file from the file, and keeps it beside it: for one that a crash left, that was redacted, or
 * that an older version wrote. In small pieces, so that a detector that runs meanwhile does not wait.
 * @throws TurntapeError `audio_sealed`; `unsupported_format`: MP3 is not decoded here; `storage_failed`.
 */
export async function makePeaks(db: TurntapeDatabase, segmentId: string): Promise<ArrayBuffer | null> {
  const row = await readKeptSegment(db, segmentId);
  if (row?.capture.sealed) throw new TurntapeError('audio_sealed', 'this file is sealed: only the backend can open it');
  const file = row && (await readAudio(db, segmentId));
  if (!row || !file) return null;
  const meter = new PeakMeter(row.sample_rate);
  for await (const samples of decodeSegment(row, file)) {
    meter.write(samples);
    await pause();
  }
  const packed = meter.pack();
  await keepPeaks(db, { segmentId, sha256: row.sha256 }, packed);
  return packed;
}
