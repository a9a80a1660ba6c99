import { expect, test } from 'vitest';
import { freshDatabase } from '../../scripted/fresh-database.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import { endSessionRow, listSessions, readSession, readSessionRow, startSession } from '../../storage/sessions.ts';
import { putTranscript } from '../../storage/transcripts.ts';
import { sampleSession, sampleTranscript } from '../../upload-contract/samples.ts';
import { readStoredSessions } from './stored-sessions.ts';

let db: TurntapeDatabase;
freshDatabase((opened) => (db = opened));

test('[ATREST-11] a session whose key is lost is recovered and listed beside the others, without its words', async () => {
  const metadata = { topic: 'noted' };
  await startSession(db, { ...sampleSession('lost'), metadata }, { encrypt: 'all' });
  await putTranscript(db, sampleTranscript('lost', { text: 'said' }));
  await startSession(db, { ...sampleSession('here'), metadata }, { encrypt: 'all' });
  await db.write(['keys'], 'relaxed', (tx) => tx.objectStore('keys').delete('lost'));
  await expect(readSession(db, 'lost')).rejects.toMatchObject({ code: 'undecryptable' });
  const row = (await listSessions(db)).find(({ session_id }) => session_id === 'lost') ?? expect.unreachable();
  await endSessionRow(db, { ...row, state: 'recovered', end_reason: 'crash', ended_at: row.started_at });
  expect(await readSessionRow(db, 'lost')).toMatchObject({ state: 'recovered', secret: row.secret });
  const told = new Map((await readStoredSessions(db)).map((each) => [each.session.sessionId, each]));
  expect(told.get('lost')).toMatchObject({
    unreadable: true,
    session: { metadata: {}, consent: null },
    transcripts: [],
  });
  expect(told.get('here')?.session.metadata).toEqual(metadata);
  expect(told.get('here')).not.toHaveProperty('unreadable');
});
