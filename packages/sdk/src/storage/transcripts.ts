import { TurntapeError } from '../core/errors.ts';
import type { TranscriptWire } from '../core/wire.ts';
import type { TurntapeDatabase } from './database.ts';
import { enqueue } from './enqueue.ts';
import { type KeptTranscript, toTranscriptWire } from './rows.ts';
import { requireSession } from './sessions.ts';
import { hideTranscript, showTranscript, wordsKey } from './words.ts';

/**
 * Keeps a revision of a transcript and puts it into the outbox: one strict transaction. The same revision with the same
 * text and the same words again does nothing, whatever is known by now of how far it was heard. `automatic`: it is ours.
 * @throws TurntapeError `invalid_argument` (`revision`): this revision is kept with another text; `storage_failed`: its
 * session is not on this device; `storage_full`.
 */
export async function putTranscript(
  db: TurntapeDatabase,
  transcript: TranscriptWire & Pick<KeptTranscript, 'automatic'>,
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
  if (!before || saysTheSame(toTranscriptWire(await showTranscript(db, before)), transcript)) return;
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

/** Which revisions of a session's transcripts are ours, rising. They can be told without a key. */
export async function listAutomaticRevisions(
  db: TurntapeDatabase,
  sessionId: string,
): Promise<{ transcriptId: string; revision: number }[]> {
  const rows = await db.read(['transcripts'], (tx) =>
    tx.objectStore('transcripts').index('session_id').getAll(sessionId),
  );
  return rows
    .filter(({ automatic }) => automatic)
    .map(({ transcript_id: transcriptId, revision }) => ({ transcriptId, revision }));
}

function saysTheSame(one: TranscriptWire, other: TranscriptWire): boolean {
  return one.text === other.text && JSON.stringify(one.words) === JSON.stringify(other.words);
}
