import { TurntapeError } from '../core/errors.ts';
import type { TranscriptWire } from '../core/wire.ts';
import type { TurntapeDatabase } from './database.ts';
import { enqueue } from './enqueue.ts';
import type { KeptTranscript } from './rows.ts';
import { requireSession } from './sessions.ts';
import { hideTranscript, showTranscript, wordsKey } from './words.ts';

/**
 * Keeps a revision of a transcript and puts it into the outbox: one strict transaction. The same revision with the same
 * text again does nothing.
 * @throws TurntapeError `invalid_argument` (`revision`): this revision is kept with another text; `storage_failed`: its
 * session is not on this device; `storage_full`.
 */
export async function putTranscript(
  db: TurntapeDatabase,
  transcript: TranscriptWire,
  nowMs = Date.now(),
): Promise<void> {
  const { transcript_id, revision, session_id } = transcript;
  const facts = { ...transcript, state: 'kept', kept_at: nowMs, acknowledged_at: null, error: null } as const;
  const row = await hideTranscript(facts, await wordsKey(db, session_id));
  const before = await db.write(['sessions', 'transcripts', 'outbox'], 'strict', async (tx) => {
    requireSession(await tx.objectStore('sessions').getKey(session_id), session_id);
    const transcripts = tx.objectStore('transcripts');
    const known = await transcripts.get([transcript_id, revision]);
    if (known) return known;
    await transcripts.put(row);
    await enqueue(tx.objectStore('outbox'), session_id, { kind: 'transcript', transcript_id, revision }, nowMs);
    return undefined;
  });
  if (!before || (await showTranscript(db, before)).text === transcript.text) return;
  throw new TurntapeError('invalid_argument', `revision ${revision} of this transcript has another text`, {
    field: 'revision',
  });
}

/**
 * The transcripts of a session in the order of speech, each in its highest revision.
 * @throws TurntapeError `undecryptable`: they are encrypted and their key is not here.
 */
export async function listTranscripts(db: TurntapeDatabase, sessionId: string): Promise<KeptTranscript[]> {
  const rows = await db.read(['transcripts'], (tx) =>
    tx.objectStore('transcripts').index('session_id').getAll(sessionId),
  );
  // The index gives them by transcript and revision: the last of each is the highest.
  const newest = new Map(rows.map((row) => [row.transcript_id, row]));
  const inOrder = Array.from(newest.values()).sort((a, b) => a.occurred_at.localeCompare(b.occurred_at));
  return Promise.all(inOrder.map((row) => showTranscript(db, row)));
}
