import { type AssembledFile, assembleFile } from '../../codecs/assemble-file.ts';
import { type ErrorFacts, isTurntapeError, toErrorFacts } from '../../core/errors.ts';
import type { Gap } from '../../core/gap.ts';
import { type SegmentWire, segmentFromWire, segmentToWire } from '../../core/wire.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import { writeSealedFile } from '../../sealing/sealed-file.ts';
import type { ChunkRow, SessionRow } from '../../storage/rows.ts';
import {
  type UnfinishedSegment,
  discardSegment,
  keepSegment,
  listSegments,
  readChunkRows,
  readChunks,
  unfinishedSegments,
} from '../../storage/segments.ts';
import { pageExitOf } from '../../storage/page-exits.ts';
import { isRunning } from '../../storage/running.ts';
import { countSessionFile, readSessionFile, updateSessionFile } from '../../storage/session-files.ts';
import { endSessionRow, listSessions } from '../../storage/sessions.ts';
import { heardOf } from '../bot/utterance-ledger.ts';
import { finishedSegment } from './segment-facts.ts';
import { holdSessionLock, isKeptByPage } from './session-lock.ts';
import { samplesEnd } from '../session-file/session-layout.ts';
import { sha256Hex } from './sha256.ts';

/**
 * Finishes what a dead tab left: each session that is still `active` and whose lock nobody holds. Its unfinished turns
 * become files from the chunks that were committed, and go the way of every other segment.
 */
export async function recoverSessions(
  db: TurntapeDatabase,
  onError: (error: ErrorFacts) => void,
): Promise<readonly string[]> {
  const recovered: string[] = [];
  for (const session of await listSessions(db)) {
    if (session.state !== 'active') continue;
    const release = await holdSessionLock(session.session_id);
    if (!release) continue;
    try {
      // Its page lives, and goes on with it.
      if (await isKeptByPage(session.session_id)) continue;
      await recoverSession(db, session, onError);
      recovered.push(session.session_id);
    } catch (thrown) {
      onError(toErrorFacts(thrown, 'storage_failed'));
    } finally {
      release();
    }
  }
  return recovered;
}

/** Each step is whole or not at all, and none is taken twice: whoever dies within it leaves the rest to the next start. */
async function recoverSession(
  db: TurntapeDatabase,
  session: SessionRow,
  onError: (error: ErrorFacts) => void,
): Promise<void> {
  const { session_id, started_at } = session;
  const leftAt = await pageExitOf(db, session_id);
  const endReason = leftAt !== undefined ? 'page_exit' : (await isRunning(db, session_id)) ? 'crash' : 'session_stop';
  await unlessUndecryptable(recoverSessionFile(db, session_id), onError);
  for (const unfinished of await unfinishedSegments(db, session_id))
    await unlessUndecryptable(recoverSegment(db, unfinished, { endReason }), onError);
  const ends = (await listSegments(db, session_id)).map(({ ended_at }) => ended_at);
  if (leftAt !== undefined) ends.push(new Date(leftAt).toISOString());
  const endedAt = ends.reduce((latest, end) => (end > latest ? end : latest), started_at);
  await endSessionRow(db, { ...session, state: 'recovered', end_reason: endReason, ended_at: endedAt });
}

/** What nobody can read any more is told and left where it is, until it is erased: the rest of its session is finished. */
async function unlessUndecryptable(work: Promise<unknown>, onError: (error: ErrorFacts) => void): Promise<void> {
  try {
    await work;
  } catch (thrown) {
    if (!isTurntapeError(thrown) || thrown.code !== 'undecryptable') throw thrown;
    onError(toErrorFacts(thrown, 'undecryptable'));
  }
}

/** Its chunks are the file already: what is written is how far they go. */
async function recoverSessionFile(db: TurntapeDatabase, sessionId: string): Promise<void> {
  const row = await readSessionFile(db, sessionId);
  if (row?.state !== 'recording') return;
  const samples = await samplesEnd(db, row);
  const endMs = (samples / row.sample_rate) * 1000;
  const marks = row.marks.map((mark) => ({ ...mark, end_ms: Math.min(mark.end_ms, endMs) }));
  const byte_size = await countSessionFile(db, sessionId);
  await updateSessionFile(db, sessionId, { state: 'recovered', samples, byte_size, marks });
}

/** What whoever finishes a segment may know beyond its row. */
export interface RecoveryFacts {
  /** What is missing of a file of this length. Default: what its row says. */
  gapsOf?: (durationMs: number) => readonly Gap[];
  /** Default `crash`. */
  endReason?: 'crash' | 'page_exit' | 'session_stop';
}

/** Makes a file of the chunks of an unfinished segment. */
export async function recoverSegment(
  db: TurntapeDatabase,
  unfinished: UnfinishedSegment,
  { gapsOf, endReason = 'crash' }: RecoveryFacts = {},
): Promise<SegmentWire | undefined> {
  const { draft } = unfinished;
  const rows = await readChunkRows(db, draft.segment_id);
  if (rows.length === 0) {
    await discardSegment(db, draft.segment_id);
    return undefined;
  }
  const { file, samples } = await finishFile(db, unfinished, rows);
  // Every draft of the segmenter is a whole segment: see draftSegment().
  const facts = segmentFromWire(draft);
  const encoder = facts.capture.encoder;
  const sha256 = await sha256Hex(file);
  const segment = finishedSegment(facts, { samples, byteSize: file.byteLength, sha256, encoder });
  const frames = Math.round((samples / draft.sample_rate) * draft.clock_rate);
  const renderedMs = segment.speaker === 'bot' ? segment.durationMs : null;
  // As at any other end of a session with something unplayed: see `draftSegment`.
  const hungUp = endReason === 'page_exit' && renderedMs !== null && (segment.generatedMs ?? 0) - renderedMs > 1;
  // A mark or a gap of a running file may reach beyond what was kept.
  const marks = within(segment.marks, segment.durationMs);
  const deafenedMs = marks
    .filter(({ kind }) => kind === 'deafened')
    .reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
  const put = renderedMs === null ? null : { renderedMs, deafenedMs };
  const wire = segmentToWire({
    ...segment,
    endFrame: segment.startFrame + frames,
    endReason,
    gaps: gapsOf?.(segment.durationMs) ?? within(segment.gaps, segment.durationMs),
    marks,
    interrupted: segment.interrupted || hungUp,
    renderedMs,
    heardMs: put && heardOf(put, hungUp ? (segment.outputLatencyMs ?? 0) : 0),
  });
  await keepSegment(db, wire, file.slice().buffer);
  return wire;
}

/** The file of what a crash left. A sealed one is sealed as it is: its chunks are finished where the key is. */
async function finishFile(
  db: TurntapeDatabase,
  { draft, sealHead }: UnfinishedSegment,
  rows: readonly ChunkRow[],
): Promise<AssembledFile> {
  if (sealHead) {
    const records = rows.map(({ bytes }) => ({ kind: 'chunk', bytes: new Uint8Array(bytes) }) as const);
    const samples = rows.reduce((sum, row) => sum + (row.samples ?? 0), 0);
    return { file: writeSealedFile(sealHead, records), samples };
  }
  const chunks = await readChunks(db, draft.segment_id);
  return assembleFile({ format: draft.format, sampleRate: draft.sample_rate, chunks });
}

function within<Range extends { startMs: number; endMs: number }>(
  ranges: readonly Range[],
  durationMs: number,
): Range[] {
  return ranges
    .filter((range) => range.startMs < durationMs)
    .map((range) => ({ ...range, endMs: Math.min(range.endMs, durationMs) }));
}
