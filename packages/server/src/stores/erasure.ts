import * as v from 'valibot';
import type { BlobStore } from '../blob-store.ts';
import type { Database, Queryable } from '../database.ts';
import { uuid } from '../wire/scalars.ts';
import { toWireError, WireError } from '../wire/wire-error.ts';
import { isKeyOf } from './key-template.ts';
import { alone } from './session-gate.ts';
import { erasedKey, factsFile, sessionFolder } from './stored-files.ts';

/** What went with a session. */
export interface Erased {
  session_id: string;
  files: number;
  bytes: number;
  segments: number;
  transcripts: number;
}

/** Tables that hold something of a session, in the order that their keys allow. */
const TABLES = [
  'turntape_jobs',
  'session_refusals',
  'session_recordings',
  'session_transcript_revisions',
  'session_transcripts',
  'session_audio_segments',
  'removed_segments',
  'sessions',
] as const;

/**
 * Erases a session: the note that it is gone, then its files, then its rows. Undefined: there is nothing of it. When it
 * fails half way nothing more is taken for the session, and asking again, or the sweeper, finishes it. A session on
 * legal hold is refused.
 */
export async function eraseSession(
  database: Database,
  blobs: BlobStore,
  sessionId: string,
  cause: 'request' | 'retention',
): Promise<Erased | undefined> {
  // Committed by itself: from here on, in every process, nothing is added.
  const isThere = await alone(database, sessionId, (scope) => markErased(scope, blobs, sessionId, cause));
  return isThere ? finishErasure(database, blobs, sessionId) : undefined;
}

/** Deletes what is left of a session that was marked as erased. */
export function finishErasure(database: Database, blobs: BlobStore, sessionId: string): Promise<Erased> {
  return alone(database, sessionId, async (scope) => {
    const erased: Erased = { session_id: sessionId, files: 0, bytes: 0, segments: 0, transcripts: 0 };
    const keys: string[] = [];
    for await (const { key, byteSize } of blobs.list(sessionFolder(sessionId))) {
      keys.push(key);
      erased.bytes += byteSize;
    }
    for (const key of await strayAudio(blobs, keys)) {
      erased.bytes += (await blobs.size(key)) ?? 0;
      keys.push(key);
    }
    erased.files = keys.length;
    await blobs.remove(keys);
    // When the disk was full there is room now.
    await noteErased(blobs, sessionId);
    await scope.transaction(async (transaction) => {
      for (const table of TABLES) {
        const { rows } = await transaction.query(
          // The names are the constants above.
          `DELETE FROM ${table} WHERE session_id = $1::uuid RETURNING 1`,
          [sessionId],
        );
        if (table === 'session_audio_segments') erased.segments = rows.length;
        if (table === 'session_transcripts') erased.transcripts = rows.length;
      }
      await transaction.query('UPDATE deleted_sessions SET finished_at = now() WHERE session_id = $1::uuid', [
        sessionId,
      ]);
    });
    return erased;
  });
}

/** Audio that the operator has laid out in another way: its facts say where, whether there is a row or not. */
async function strayAudio(blobs: BlobStore, keys: readonly string[]): Promise<string[]> {
  const own = new Set(keys.filter((key) => !key.endsWith('.json')).map((key) => key.replace(/\.\w+$/, '')));
  const facts = keys.filter(
    (key) => /^recordings\/[^/]+\/[0-9a-f-]{36}\.json$/.test(key) && !own.has(key.slice(0, -5)),
  );
  const found: string[] = [];
  for (const key of facts) {
    const read = v.safeParse(strayFacts, Buffer.concat((await blobs.read(key).toArray()) as Buffer[]).toString('utf8'));
    if (read.success && isKeyOf(read.output.audio_key, read.output)) found.push(read.output.audio_key);
  }
  return found;
}

const strayFacts = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ session_id: uuid, segment_id: uuid, audio_key: v.optional(v.string()) }),
);

async function markErased(scope: Queryable, blobs: BlobStore, sessionId: string, cause: string): Promise<boolean> {
  const { rows } = await scope.query<{ legal_hold: boolean; is_there: boolean; is_marked: boolean }>(
    `SELECT coalesce((SELECT legal_hold FROM sessions WHERE session_id = $1::uuid), FALSE) AS legal_hold,
            EXISTS (SELECT 1 FROM sessions WHERE session_id = $1::uuid) AS is_there,
            EXISTS (SELECT 1 FROM deleted_sessions WHERE session_id = $1::uuid AND finished_at IS NULL) AS is_marked`,
    [sessionId],
  );
  const state = rows[0];
  if (state === undefined || (!state.is_there && !state.is_marked)) return false;
  if (state.legal_hold) throw new WireError('on_hold', 'This session is on legal hold; lift the hold first.');
  try {
    await noteErased(blobs, sessionId);
  } catch (thrown) {
    // Erasing is how a full disk gets room: the row is enough until then.
    if (toWireError(thrown).code !== 'storage_full') throw thrown;
  }
  await scope.query(
    `INSERT INTO deleted_sessions (session_id, cause) VALUES ($1::uuid, $2)
     ON CONFLICT (session_id) DO UPDATE SET finished_at = NULL`,
    [sessionId, cause],
  );
  return true;
}

/** The note that outlives the rows: `reindex` reads it. */
async function noteErased(blobs: BlobStore, sessionId: string): Promise<void> {
  await blobs.put([factsFile(erasedKey(sessionId), { session_id: sessionId })]);
}
