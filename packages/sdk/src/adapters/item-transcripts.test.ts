import { expect, test } from 'vitest';
import { TurntapeError } from '../core/errors.ts';
import type { TranscriptEntry } from '../page/transcripts.ts';
import { ItemTranscripts } from './item-transcripts.ts';

function stage(refuse: (entry: TranscriptEntry) => Promise<void> = async () => undefined) {
  const entries: TranscriptEntry[] = [];
  const errors: TurntapeError[] = [];
  const attach = async (entry: TranscriptEntry) => {
    await refuse(entry);
    entries.push(entry);
    return { transcriptId: entry.transcriptId ?? '', revision: entry.revision ?? 1 };
  };
  return { entries, errors, transcripts: new ItemTranscripts({ attach }, (error) => errors.push(error)) };
}

test('[ADAPT-7] words are attached as soon as they are known, and what is learnt of them later is the next revision', async () => {
  const { entries, errors, transcripts } = stage();
  transcripts.learn('i', { role: 'assistant' });
  transcripts.learn('i', { text: 'hello' });
  transcripts.learn('i', { turnId: 't' });
  transcripts.learn('i', { turnId: 't', text: 'hello' });
  transcripts.learn('i', { interrupted: true });
  transcripts.learn('other', { role: 'user', text: 'hi', turnId: 'u', occurredAt: 5 });
  await transcripts.settled();
  expect(errors).toEqual([]);
  const [first] = entries;
  expect(entries).toMatchObject([
    { externalId: 'i', role: 'assistant', text: 'hello', interrupted: false, revision: 1 },
    { externalId: 'i', turnId: 't', revision: 2 },
    { externalId: 'i', turnId: 't', interrupted: true, revision: 3 },
    { externalId: 'other', turnId: 'u', role: 'user', text: 'hi', occurredAt: 5, revision: 1 },
  ]);
  expect(first).not.toHaveProperty('turnId');
  expect(
    new Set(entries.slice(0, 3).map(({ transcriptId, occurredAt }) => `${transcriptId} ${String(occurredAt)}`)).size,
  ).toBe(1);
});

test('[ADAPT-7] revisions keep their order however long each takes, and one that is refused is told and holds up no other', async () => {
  const { entries, errors, transcripts } = stage(async ({ revision, text }) => {
    // The first takes the longest.
    if (revision === 1) for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    if (text === 'refused') throw new TurntapeError('consent_required', 'nobody has agreed');
    if (text === 'broken') throw new TypeError('what is this?');
  });
  for (const text of ['a', 'refused', 'broken', 'b']) transcripts.learn('i', { role: 'user', text });
  await transcripts.settled();
  expect(entries.map(({ text, revision }) => `${text} ${revision}`)).toEqual(['a 1', 'b 4']);
  expect(errors.map(({ code }) => code)).toEqual(['consent_required', 'storage_failed']);
});
