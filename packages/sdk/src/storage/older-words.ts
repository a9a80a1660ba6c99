import type { TurntapeDatabase } from './database.ts';
import type { SessionRow, TranscriptRow } from './rows.ts';
import { SESSION_WORDS, TRANSCRIPT_WORDS, hideSession, hideTranscript, wordsKey } from './words.ts';

/**
 * Encrypts what sessions with a key have said in words before version 6 of the database, when only audio was encrypted. A
 * session is done in one strict transaction; whoever dies between two leaves the rest to the next start.
 */
export async function hideOlderWords(db: TurntapeDatabase): Promise<void> {
  const sessionIds = await db.read(['keys'], (tx) => tx.objectStore('keys').index('covers').getAllKeys('audio'));
  for (const sessionId of sessionIds) await hideWordsOf(db, sessionId);
}

async function hideWordsOf(db: TurntapeDatabase, sessionId: string): Promise<void> {
  const key = await wordsKey(db, sessionId);
  const hidden = await db.read(['sessions', 'transcripts', 'outbox'], async (tx) => ({
    session: await tx.objectStore('sessions').get(sessionId),
    transcripts: await tx.objectStore('transcripts').index('session_id').getAll(sessionId),
    items: await tx.objectStore('outbox').index('session_id').getAll(sessionId),
  }));
  // Nobody changes the words of a row: whatever else has changed of it by then stays as it is.
  const secretOf = async (row: SessionRow): Promise<ArrayBuffer | undefined> =>
    row.secret ?? (await hideSession(row, key)).secret;
  const session = hidden.session && (await secretOf(hidden.session));
  const transcripts = new Map<string, ArrayBuffer | undefined>();
  for (const row of hidden.transcripts)
    transcripts.set(nameOf(row), row.secret ?? (await hideTranscript(row, key)).secret);
  const items = new Map<number | undefined, ArrayBuffer | undefined>();
  for (const item of hidden.items) if (item.kind === 'session') items.set(item.seq, await secretOf(item.session));

  await db.write(['sessions', 'transcripts', 'outbox', 'keys'], 'strict', async (tx) => {
    const row = await tx.objectStore('sessions').get(sessionId);
    if (row) await tx.objectStore('sessions').put(without(row, SESSION_WORDS, session));
    for (const transcript of await tx.objectStore('transcripts').index('session_id').getAll(sessionId))
      await tx
        .objectStore('transcripts')
        .put(without(transcript, TRANSCRIPT_WORDS, transcripts.get(nameOf(transcript))));
    for (const item of await tx.objectStore('outbox').index('session_id').getAll(sessionId))
      if (item.kind === 'session')
        await tx
          .objectStore('outbox')
          .put({ ...item, session: without(item.session, SESSION_WORDS, items.get(item.seq)) });
    const found = await tx.objectStore('keys').get(sessionId);
    if (found) await tx.objectStore('keys').put({ ...found, covers: 'all' });
  });
}

const nameOf = ({ transcript_id, revision }: TranscriptRow): string => `${transcript_id} ${revision}`;

/** The row with its words in a record. One that came meanwhile has been hidden by whoever wrote it. */
function without<Row extends { secret?: ArrayBuffer | undefined }>(
  row: Row,
  names: readonly string[],
  secret: ArrayBuffer | undefined,
): Row {
  if (row.secret || !secret) return row;
  const open = Object.entries(row).filter(([name]) => !names.includes(name));
  return { ...Object.fromEntries(open), secret } as Row;
}
