import type { BlobStore } from '../blob-store.ts';
import type { Database } from '../database.ts';
import { failureFacts, type Log } from '../log.ts';
import { eraseSession, finishErasure } from '../stores/erasure.ts';
import { removeSegment } from '../stores/removal.ts';
import { alone, isHeld } from '../stores/session-gate.ts';

/** What a sweep did, or with `dryRun` would do. */
export interface SweepReport {
  dry_run: boolean;
  /** Sessions that were due, and what went with them. */
  sessions: string[];
  files: number;
  bytes: number;
  segments: number;
  transcripts: number;
  /** Replaced segments that a hold had kept. */
  replaced: number;
  /** Files of tickets that nobody completed. */
  tickets: number;
  /** Sessions that could not be erased now; the next sweep tries them again. */
  failed: string[];
}

/** What is swept. */
export interface SweepOptions {
  /** Sessions go this many days after their end; 0: only those that say when. */
  retainDays: number;
  dryRun?: boolean;
}

/** Sessions of one sweep: a backlog is worked off in several. */
const BATCH = 200;
/** A file put by ticket and never completed goes after this, in milliseconds. */
const TICKET_MS = 24 * 3_600_000;

/** What is due: its own time is over, or the server's rule says so and it has none; never one on hold. */
const DUE = `
  SELECT s.session_id, held.bytes, held.segments, words.transcripts
    FROM sessions s
    CROSS JOIN LATERAL (SELECT coalesce(sum(byte_size), 0)::float8 AS bytes, count(*)::integer AS segments
                          FROM session_audio_segments WHERE session_id = s.session_id) held
    CROSS JOIN LATERAL (SELECT count(*)::integer AS transcripts
                          FROM session_transcripts WHERE session_id = s.session_id) words
   WHERE NOT s.legal_hold
     AND (s.delete_after <= now()
          OR (s.delete_after IS NULL AND $1::integer > 0
              AND coalesce(s.ended_at, s.updated_at) < now() - $1::integer * interval '1 day'))
   ORDER BY coalesce(s.delete_after, s.ended_at, s.updated_at) LIMIT $2`;

/** Erases what is due, in small steps: the files of a session, then its rows. */
export async function sweep(
  database: Database,
  blobs: BlobStore,
  log: Log,
  { retainDays, dryRun = false }: SweepOptions,
): Promise<SweepReport> {
  const report: SweepReport = {
    dry_run: dryRun,
    sessions: [],
    files: 0,
    bytes: 0,
    segments: 0,
    transcripts: 0,
    replaced: 0,
    tickets: 0,
    failed: [],
  };
  const { rows: due } = await database.query<{
    session_id: string;
    bytes: number;
    segments: number;
    transcripts: number;
  }>(DUE, [retainDays, BATCH]);
  if (dryRun) {
    for (const { session_id, bytes, segments, transcripts } of due) {
      report.sessions.push(session_id);
      report.bytes += bytes;
      report.segments += segments;
      report.transcripts += transcripts;
    }
    return report;
  }
  const { rows: unfinished } = await database.query<{ session_id: string }>(
    'SELECT session_id FROM deleted_sessions WHERE finished_at IS NULL ORDER BY deleted_at LIMIT $1',
    [BATCH],
  );
  for (const { session_id } of unfinished) await eraseOne(session_id, () => finishErasure(database, blobs, session_id));
  for (const { session_id } of due)
    await eraseOne(session_id, () => eraseSession(database, blobs, session_id, 'retention'));
  report.replaced = await removeReplaced(database, blobs);
  report.tickets = await removeTickets(blobs);
  await database.vacuum?.();
  const { sessions, failed, ...counts } = report;
  log('info', 'swept_sessions', { ...counts, sessions: sessions.length, failed: failed.length });
  return report;

  async function eraseOne(sessionId: string, erase: () => ReturnType<typeof eraseSession>): Promise<void> {
    try {
      const erased = await erase();
      if (erased === undefined) return;
      report.sessions.push(sessionId);
      report.files += erased.files;
      report.bytes += erased.bytes;
      report.segments += erased.segments;
      report.transcripts += erased.transcripts;
    } catch (thrown) {
      report.failed.push(sessionId);
      log('error', 'erasure_failed', { session_id: sessionId, ...failureFacts(thrown) });
    }
  }
}

/** Segments that were replaced while a hold kept them, and the hold is lifted. */
async function removeReplaced(database: Database, blobs: BlobStore): Promise<number> {
  const { rows } = await database.query<{ session_id: string; segment_id: string; replaced_by: string }>(
    `SELECT a.session_id, a.segment_id, a.replaced_by
       FROM session_audio_segments a JOIN sessions s USING (session_id)
      WHERE a.replaced_by IS NOT NULL AND NOT s.legal_hold LIMIT $1`,
    [BATCH],
  );
  let removed = 0;
  for (const { replaced_by: replacedBy, ...segment } of rows)
    await alone(database, segment.session_id, async (scope) => {
      if (await isHeld(scope, segment.session_id)) return;
      await removeSegment(scope, blobs, segment, { replacedBy, legalHold: false });
      removed += 1;
    });
  return removed;
}

async function removeTickets(blobs: BlobStore): Promise<number> {
  const old: string[] = [];
  for await (const { key, modifiedAtMs } of blobs.list('tickets/'))
    if (modifiedAtMs < Date.now() - TICKET_MS) old.push(key);
  await blobs.remove(old);
  return old.length;
}
