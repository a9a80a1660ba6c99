import { deleteDB } from 'idb';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EngineFact } from '../core/messages/page-engine.ts';
import type { Transcript } from '../core/session.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from '../storage/database.ts';
import { createOutbox } from '../storage/outbox.ts';
import { keepSegment } from '../storage/segments.ts';
import { startSession } from '../storage/sessions.ts';
import { listTranscripts } from '../storage/transcripts.ts';
import { sampleSegment, sampleSession } from '../upload-contract/samples.ts';
import { Transcripts, type TranscriptEntry, tellHeard } from './transcripts.ts';

let name: string;
let db: TurntapeDatabase;
let told: Transcript[];
let failed: unknown[];
let transcripts: Transcripts;
beforeEach(async () => {
  name = `test-${crypto.randomUUID()}`;
  db = await openTurntapeDatabase(name);
  await startSession(db, sampleSession('s'));
  told = [];
  failed = [];
  transcripts = page();
});
afterEach(async () => {
  db.close();
  await deleteDB(name);
  expect(failed).toEqual([]);
});

/** What a page has of the session: a reloaded one has nothing of it but what is kept. */
const page = ({ isSampled = true } = {}): Transcripts =>
  new Transcripts('s', isSampled ? db : undefined, {
    requireConsent: () => undefined,
    onKept: (transcript) => told.push(transcript),
    onError: (error) => failed.push(error),
  });

const text = 'One two three four.';
const words = ['One', 'two', 'three', 'four'].map((word, index) => {
  return { text: word, startMs: index * 300, endMs: index * 300 + 250 };
});
const said: TranscriptEntry = { turnId: 't', role: 'assistant', text, words };

/** The bot's turn ends: cut when this much of it was heard, or said to its end. */
const segment = (heardMs: number, facts: object = {}): Extract<EngineFact, { type: 'segment-kept' }> => ({
  type: 'segment-kept',
  sessionId: 's',
  segment: sampleSegment('s', {
    turn_id: 't',
    speaker: 'bot',
    rendered_ms: heardMs,
    heard_ms: heardMs,
    interrupted: true,
    end_reason: 'interrupted',
    ...facts,
  }),
});
const kept = () => listTranscripts(db, 's');

test('[FACE-20] attached words are told once they are kept, corrections with their revision', async () => {
  const attaching = transcripts.attach({ turnId: 't', role: 'user', text: 'Hello' });
  expect(told).toEqual([]);
  const { transcriptId } = await attaching;
  expect(await kept()).toHaveLength(1);
  await transcripts.attach({ turnId: 't', role: 'user', text: 'Hello there', transcriptId, revision: 2 });
  expect(told).toMatchObject([
    { transcriptId, text: 'Hello', revision: 1, turnId: 't', role: 'user' },
    { transcriptId, text: 'Hello there', revision: 2 },
  ]);
  await expect(transcripts.attach({ role: 'user', text: 'nobody' })).rejects.toMatchObject({ field: 'turnId' });
  expect(told).toHaveLength(2);
});

test('[WORD-5] words that come before the cut get a revision that says how far they were heard; those after it say so at once', async () => {
  const { transcriptId } = await transcripts.attach(said);
  expect(told).toMatchObject([{ revision: 1, text, heardText: null, heardMs: null, interrupted: false }]);
  transcripts.take(segment(700));
  await transcripts.settled();
  const heard = { transcriptId, text, heardText: 'One two three', cutWord: 2, heardMs: 700, interrupted: true };
  expect(told.slice(1)).toMatchObject([{ ...heard, revision: 2 }]);
  expect(await kept()).toMatchObject([
    {
      revision: 2,
      text,
      heard_text: 'One two three',
      cut_word: 2,
      heard_ms: 700,
      interrupted: true,
      words: [{}, {}, {}, {}],
    },
  ]);
  const late = await transcripts.attach({ ...said, text: 'One, two, three', words: words.slice(0, 3) });
  expect(late.revision).toBe(1);
  expect(told.at(-1)).toMatchObject({ heardText: 'One, two, three', cutWord: 2, interrupted: false });
  const outbox = await createOutbox(db).items();
  // The first as it was, its revision, the other: each goes once.
  expect(
    outbox
      .filter(({ kind }) => kind === 'transcript')
      .map(({ payload }) => 'transcript' in payload && payload.transcript.revision),
  ).toEqual([1, 2, 1]);
});

test('[WORD-5] the same news again adds nothing, nor does the same entry', async () => {
  const { transcriptId } = await transcripts.attach(said);
  for (const heardMs of [700, 700, 20]) transcripts.take(segment(heardMs));
  await transcripts.settled();
  await transcripts.attach({ ...said, transcriptId });
  expect(await kept()).toMatchObject([{ revision: 2, heard_text: 'One two three' }]);
  expect((await createOutbox(db).items()).filter(({ kind }) => kind === 'transcript')).toHaveLength(2);
});

test('[WORD-5] a turn that was said to its end was heard to its end, whatever the words’ times say', async () => {
  await transcripts.attach({ ...said, words: [...words.slice(0, 3), { text: 'four', startMs: 900, endMs: 1151 }] });
  transcripts.take(segment(1150, { interrupted: false, end_reason: 'drained' }));
  await transcripts.settled();
  expect(await kept()).toMatchObject([{ revision: 2, heard_text: text, cut_word: null, interrupted: false }]);
});

test('[WORD-6] without the words’ times no place is made up: the cut is told, and a turn that nobody heard', async () => {
  const { words: _, ...plain } = said;
  await transcripts.attach(plain);
  transcripts.take(segment(700));
  await transcripts.settled();
  expect(told.at(-1)).toMatchObject({
    revision: 2,
    text,
    heardText: null,
    cutWord: null,
    heardMs: 700,
    interrupted: true,
  });
  await transcripts.attach({ ...plain, turnId: 'never' });
  transcripts.take(segment(0, { turn_id: 'never' }));
  await transcripts.settled();
  expect(told.at(-1)).toMatchObject({ text, heardText: '', interrupted: true });
  // Of one that was not cut there is nothing to add.
  await transcripts.attach({ ...plain, turnId: 'whole' });
  transcripts.take(segment(900, { turn_id: 'whole', interrupted: false }));
  await transcripts.settled();
  expect(told.at(-1)).toMatchObject({ turnId: 'whole', revision: 1, heardText: null, interrupted: false });
});

test('[WORD-7] the app’s count goes on as if ours were not there, and each correction is heard anew', async () => {
  const { transcriptId } = await transcripts.attach(said);
  transcripts.take(segment(700));
  await transcripts.settled();
  const corrected = { ...said, transcriptId, text: 'Won two three four.', revision: 2 };
  expect(await transcripts.attach(corrected)).toEqual({ transcriptId, revision: 3 });
  // "Won" is no word of it: the words stand for themselves.
  expect(told.at(-1)).toMatchObject({ revision: 3, heardText: 'One two three' });
  // Tried again, as an app does whose line broke.
  expect(await transcripts.attach(corrected)).toEqual({ transcriptId, revision: 3 });
  expect(await transcripts.attach({ ...said, transcriptId })).toEqual({ transcriptId, revision: 1 });
  expect(await transcripts.attach({ ...corrected, text: '[gone]', words: [], revision: 3 })).toMatchObject({
    revision: 4,
  });
  expect(await kept()).toMatchObject([{ revision: 4, text: '[gone]', words: null, heard_text: null }]);
});

test('[WORD-7] a correction that hides what was said leaves nothing of it in what was heard', async () => {
  const { transcriptId } = await transcripts.attach(said);
  const hidden = { turnId: 't', role: 'assistant', text: '[redacted]', transcriptId, revision: 2 } as const;
  const hiding = transcripts.attach(hidden);
  transcripts.take(segment(700));
  await hiding;
  await transcripts.settled();
  const [last] = await kept();
  expect(last).toMatchObject({ text: '[redacted]', words: null, heard_text: null, heard_ms: 700 });
  expect(JSON.stringify(last)).not.toContain('three');
});

test('[WORD-8] words under the stack’s own id are heard when the turn is bound to it, before its end or after', async () => {
  const { turnId: _, ...unbound } = said;
  await transcripts.attach({ ...unbound, externalId: 'item_1' });
  transcripts.take(segment(700));
  await transcripts.settled();
  expect(told).toHaveLength(1);
  transcripts.bind('t', 'item_1');
  await transcripts.settled();
  expect(told.at(-1)).toMatchObject({ revision: 2, heardText: 'One two three', externalId: 'item_1' });
});

test('[WORD-9] a page that died before its turn was over leaves words that the next start hears, once', async () => {
  await transcripts.attach(said);
  // What recovery makes of the chunks.
  const torn = segment(700, { interrupted: false, end_reason: 'crash' });
  await keepSegment(db, torn.segment, undefined);
  await tellHeard(db, 's');
  expect(await kept()).toMatchObject([{ revision: 2, heard_text: 'One two three', interrupted: true }]);
  await tellHeard(db, 's');
  expect(await kept()).toMatchObject([{ revision: 2 }]);
});

test('[WORD-9] a session that a reloaded page goes on with knows the turns and the revisions of the run before', async () => {
  const { transcriptId } = await transcripts.attach(said);
  const before = segment(700);
  await keepSegment(db, before.segment, undefined);
  transcripts.take(before);
  await transcripts.settled();
  const again = page();
  expect(await again.attach({ ...said, transcriptId, text, revision: 2 })).toEqual({ transcriptId, revision: 3 });
  expect(told.at(-1)).toMatchObject({ revision: 3, heardText: 'One two three' });
});

test('[WORD-5] in a session that is not sampled nothing is kept, and all of it is told', async () => {
  const unkept = page({ isSampled: false });
  await unkept.attach(said);
  unkept.take(segment(700));
  await unkept.settled();
  expect(told).toMatchObject([{ revision: 1 }, { revision: 2, heardText: 'One two three' }]);
  expect(await kept()).toEqual([]);
});

test('[WORD-10] what was heard and cannot be kept is an error that is told, and the words stay as they were', async () => {
  await transcripts.attach(said);
  await transcripts.settled();
  db.close();
  transcripts.take(segment(700));
  await transcripts.settled();
  expect(failed.splice(0)).toMatchObject([{ code: 'storage_failed' }]);
  expect(told).toHaveLength(1);
  db = await openTurntapeDatabase(name);
  expect(await kept()).toMatchObject([{ revision: 1, text, heard_text: null }]);
});

test.each<[Partial<TranscriptEntry>, string]>([
  [{ role: 'user' }, 'words'],
  [{ words: 'One' as never }, 'words'],
  [{ words: [{ text: 1 as never, startMs: 0, endMs: 1 }] }, 'words[0].text'],
  [{ words: [{ text: 'One', startMs: -1, endMs: 1 }] }, 'words[0].startMs'],
  [{ words: [{ text: 'One', startMs: 5, endMs: 4 }] }, 'words[0].endMs'],
  [{ words: [{ text: 'One', startMs: 0, endMs: NaN }] }, 'words[0].endMs'],
  [{ words: [words[1]!, words[0]!] }, 'words[1].startMs'],
  [{ words: [null as never] }, 'words[0]'],
  [{ utteranceId: '' }, 'utteranceId'],
])('[WORD-11] words whose times cannot be are refused at the door: %j', async (over, field) => {
  await expect(transcripts.attach({ ...said, ...over })).rejects.toMatchObject({ code: 'invalid_argument', field });
  expect(told).toEqual([]);
});
