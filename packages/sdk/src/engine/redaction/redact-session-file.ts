import { silenceChunk } from '../../codecs/silence.ts';
import type { RedactionRange } from '../../core/redaction.ts';
import type { Speaker } from '../../core/turn.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import type { SessionChunkRow, SessionFileRow } from '../../storage/rows.ts';
import { readSessionChunks, readSessionFile, rewriteSessionChunks } from '../../storage/session-files.ts';
import { lanesOfSpeakers } from '../session-file/session-layout.ts';

const BOTH: readonly Speaker[] = ['user', 'bot'];

/** No chunk is longer, and no packet sounds longer after its place. */
const REACH_MS = 1000;

/**
 * Silences a range in the chunks of a session file, of a running session or of one that is over. Of a stereo file one
 * speaker alone can be; a mix loses both.
 */
export async function redactSessionFile(db: TurntapeDatabase, sessionId: string, range: RedactionRange): Promise<void> {
  const row = await readSessionFile(db, sessionId);
  if (!row) return;
  const { format, layout, offset, sample_rate: rate } = row;
  const sample = (ms: number): number => Math.round(offset + (ms / 1000) * rate);
  const samples = { from: sample(range.fromMs), to: sample(range.toMs) };
  const reach = (REACH_MS / 1000) * rate;
  const place = { sessionId, from: samples.from - reach, to: samples.to + reach };
  const silenced: SessionChunkRow[] = [];
  for (const lane of lanesOfSpeakers(layout, range.speaker))
    for (const chunk of await readSessionChunks(db, { ...place, lane })) {
      const { bytes } = silenceChunk(format, chunk.bytes, chunk.start, samples);
      if (bytes) silenced.push({ ...chunk, bytes });
    }
  // While it is recorded its marks are the running session's.
  await rewriteSessionChunks(db, sessionId, silenced, row.state === 'recording' ? [] : marksOf(row, range));
}

function marksOf({ offset, sample_rate, samples }: SessionFileRow, range: RedactionRange): SessionFileRow['marks'] {
  const beforeMs = (offset / sample_rate) * 1000;
  const endMs = Math.min((samples / sample_rate) * 1000, beforeMs + range.toMs);
  return (range.speaker ? [range.speaker] : BOTH).map((speaker) => ({
    speaker,
    start_ms: beforeMs + range.fromMs,
    end_ms: endMs,
    kind: 'redaction',
  }));
}
