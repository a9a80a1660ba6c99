import { deleteDB } from 'idb';
import { expect, test } from 'vitest';
import type { Transcript } from '../core/session.ts';
import { openTurntapeDatabase } from '../storage/database.ts';
import { startSession } from '../storage/sessions.ts';
import { listTranscripts } from '../storage/transcripts.ts';
import { sampleSession } from '../upload-contract/samples.ts';
import { Transcripts } from './transcripts.ts';

test('[FACE-20] attached words are told once they are kept, corrections with their revision', async () => {
  const name = `test-${crypto.randomUUID()}`;
  const db = await openTurntapeDatabase(name);
  await startSession(db, sampleSession('s'));
  const told: Transcript[] = [];
  const transcripts = new Transcripts('s', db, {
    requireConsent: () => undefined,
    onKept: (transcript) => told.push(transcript),
  });
  const attaching = transcripts.attach({ turnId: 't', role: 'user', text: 'Hello' });
  expect(told).toEqual([]);
  const { transcriptId } = await attaching;
  expect(await listTranscripts(db, 's')).toHaveLength(1);
  await transcripts.attach({ turnId: 't', role: 'user', text: 'Hello there', transcriptId, revision: 2 });
  expect(told).toMatchObject([
    { transcriptId, text: 'Hello', revision: 1, turnId: 't', role: 'user' },
    { transcriptId, text: 'Hello there', revision: 2 },
  ]);
  await expect(transcripts.attach({ role: 'user', text: 'nobody' })).rejects.toMatchObject({ field: 'turnId' });
  expect(told).toHaveLength(2);
  db.close();
  await deleteDB(name);
});
