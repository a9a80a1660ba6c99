import * as v from 'valibot';
import type { BlobStore, StoredBlob } from '../blob-store.ts';
import type { Database } from '../database.ts';
import type { Log } from '../log.ts';
import { finishErasure } from '../stores/erasure.ts';
import { alone } from '../stores/session-gate.ts';
import { uuid } from '../wire/scalars.ts';
import { SessionFiles } from './session-files-index.ts';

/** What was found in the files, and what was made of it. */
export interface ReindexReport {
  sessions: number;
  /** Rows that were not there before. */
  added: { sessions: number; segments: number; transcripts: number; recordings: number };
  /** Replaced or erased ones whose files were still there, deleted now. */
  removed: number;
  /** Audio without facts: it was never acknowledged. Keys. */
  orphans: string[];
  /** Facts whose audio is not there, or has another size. Keys. */
  missing: string[];
  /** Audio with another hash than its facts say; only with `verify`. Keys. */
  damaged: string[];
  /** Facts that cannot be read. Keys. */
  unreadable: string[];
}

/** How the files are gone through. */
export interface ReindexOptions {
  /** Only facts written since then, in milliseconds since 1970. Default: all. */
  sinceMs?: number;
  /** Reads every audio file and compares its hash. */
  verify?: boolean;
}

/** Makes the rows again from the files. What is there already stays as it is; asking twice changes nothing. */
export async function reindex(
  database: Database,
  blobs: BlobStore,
  { sinceMs = 0, verify = false }: ReindexOptions = {},
): Promise<ReindexReport> {
  const report: ReindexReport = {
    sessions: 0,
    added: { sessions: 0, segments: 0, transcripts: 0, recordings: 0 },
    removed: 0,
    orphans: [],
    missing: [],
    damaged: [],
    unreadable: [],
  };
  await rememberErased(database, blobs);
  for await (const { sessionId, files } of sessionFiles(blobs)) {
    if (![...files.values()].some(({ modifiedAtMs }) => modifiedAtMs >= sinceMs)) continue;
    report.sessions += 1;
    const { rows } = await database.query('SELECT 1 FROM deleted_sessions WHERE session_id = $1::uuid', [sessionId]);
    if (rows.length > 0) report.removed += (await finishErasure(database, blobs, sessionId)).files;
    else
      await alone(database, sessionId, (scope) =>
        new SessionFiles(scope, blobs, sessionId, files, report, verify).index(sinceMs),
      );
  }
  return report;
}

/** Says in the log what a {@link ReindexReport} holds, without a name of a file's content. */
export function logReindex(log: Log, event: string, report: ReindexReport): void {
  const { sessions, added, removed, orphans, missing, damaged, unreadable } = report;
  log(missing.length + damaged.length + unreadable.length > 0 ? 'error' : 'info', event, {
    sessions,
    added_sessions: added.sessions,
    added_segments: added.segments,
    added_transcripts: added.transcripts,
    added_recordings: added.recordings,
    removed,
    orphans: orphans.length,
    missing: missing.length,
    damaged: damaged.length,
    unreadable: unreadable.length,
  });
}

async function rememberErased(database: Database, blobs: BlobStore): Promise<void> {
  for await (const { key } of blobs.list('erased/')) {
    const id = v.safeParse(uuid, key.slice('erased/'.length, -'.json'.length));
    if (!id.success) continue;
    await database.query(
      `INSERT INTO deleted_sessions (session_id, cause) VALUES ($1::uuid, 'request') ON CONFLICT DO NOTHING`,
      [id.output],
    );
  }
}

/** Files of one session after another; a store lists those of one folder together. */
async function* sessionFiles(
  blobs: BlobStore,
): AsyncGenerator<{ sessionId: string; files: ReadonlyMap<string, StoredBlob> }> {
  let sessionId: string | undefined;
  let files = new Map<string, StoredBlob>();
  for await (const file of blobs.list('recordings/')) {
    const id = v.safeParse(uuid, file.key.split('/')[1]);
    if (!id.success) continue;
    if (sessionId !== undefined && id.output !== sessionId) {
      yield { sessionId, files };
      files = new Map();
    }
    sessionId = id.output;
    files.set(file.key, file);
  }
  if (sessionId !== undefined) yield { sessionId, files };
}
