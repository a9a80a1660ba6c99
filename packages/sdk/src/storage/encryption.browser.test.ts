import { openDB } from 'idb';
import { expect, test } from 'vitest';
import { freshDatabase } from '../scripted/fresh-database.ts';
import { TurntapeError } from '../core/errors.ts';
import {
  sampleSegment,
  sampleSegmentWithAudio,
  sampleSession,
  sampleSessionEnd,
  sampleTranscript,
} from '../upload-contract/samples.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from './database.ts';
import { eraseSession } from './erase.ts';
import { createOutbox } from './outbox.ts';
import { decryptRecord, encryptRecord, newRecordKey } from './record-cipher.ts';
import { amendDraft, rewriteSegment } from './redact.ts';
import { appendChunk, keepSegment, openSegment, readAudio, readChunks } from './segments.ts';
import { endSession, readSession, startSession, updateSession } from './sessions.ts';
import { listAutomaticRevisions, listTranscripts, putTranscript } from './transcripts.ts';

let db: TurntapeDatabase;
const fresh = freshDatabase((opened) => (db = opened));

const pattern = (length: number): ArrayBuffer => Uint8Array.from({ length }, (_, index) => (index * 7) % 251).buffer;
const view = (buffer: ArrayBuffer | undefined): number[] => Array.from(new Uint8Array(buffer ?? new ArrayBuffer(0)));

/** Every byte of a store as it lies there. */
async function stored(store: 'chunks' | 'audio'): Promise<Uint8Array[]> {
  const raw = await openDB(fresh.name);
  const rows = (await raw.getAll(store)) as { bytes: ArrayBuffer }[];
  raw.close();
  return rows.map(({ bytes }) => new Uint8Array(bytes));
}

function holds(bytes: Uint8Array, needle: Uint8Array): boolean {
  return Array.from(bytes.keys()).some((at) => needle.every((byte, index) => bytes[at + index] === byte));
}

async function refused(work: Promise<unknown>): Promise<void> {
  const thrown = await work.catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(TurntapeError);
  expect(thrown).toMatchObject({ code: 'undecryptable' });
}

test('[ATREST-1] chunks and files of an encrypted session are no plain bytes in the store, and come out as they went in', async () => {
  await startSession(db, sampleSession('s'), { encrypt: 'all' });
  const draft = sampleSegment('s');
  await openSegment(db, draft);
  await appendChunk(db, draft.segment_id, 0, pattern(300));
  const needle = new Uint8Array(pattern(16));
  expect((await stored('chunks')).some((bytes) => holds(bytes, needle))).toBe(false);
  expect((await readChunks(db, draft.segment_id)).map(view)).toEqual([view(pattern(300))]);

  const { segment, audio } = await sampleSegmentWithAudio('s');
  await keepSegment(db, segment, audio);
  expect((await stored('audio')).some((bytes) => holds(bytes, new Uint8Array(audio, 0, 16)))).toBe(false);
  expect(view(await readAudio(db, segment.segment_id))).toEqual(view(audio));
  expect(view(await createOutbox(db).audio(segment.segment_id))).toEqual(view(audio));
});

test('[ATREST-2] a session without encryption is stored as it is, beside one with it', async () => {
  await startSession(db, sampleSession('open'));
  await startSession(db, sampleSession('secret'), { encrypt: 'all' });
  const plain = await sampleSegmentWithAudio('open');
  const secret = await sampleSegmentWithAudio('secret');
  await keepSegment(db, plain.segment, plain.audio);
  await keepSegment(db, secret.segment, secret.audio);
  const inTheOpen = (await stored('audio')).filter((bytes) => holds(bytes, new Uint8Array(plain.audio, 0, 16)));
  expect(inTheOpen).toHaveLength(1);
  expect(view(await readAudio(db, plain.segment.segment_id))).toEqual(view(plain.audio));
});

test('[ATREST-3] another connection reads with the key of the database, which no script can take out', async () => {
  await startSession(db, sampleSession('s'), { encrypt: 'all' });
  const { segment, audio } = await sampleSegmentWithAudio('s');
  await keepSegment(db, segment, audio);
  const other = await openTurntapeDatabase(fresh.name);
  expect(view(await readAudio(other, segment.segment_id))).toEqual(view(audio));
  const row = await other.read(['keys'], (tx) => tx.objectStore('keys').get('s'));
  await expect(crypto.subtle.exportKey('raw', row?.key ?? (await newRecordKey()))).rejects.toThrow();
  other.close();
});

test('[ATREST-4] erasing a session destroys its key: a copy of its records is worth nothing', async () => {
  await startSession(db, sampleSession('s'), { encrypt: 'all' });
  const { segment, audio } = await sampleSegmentWithAudio('s');
  await keepSegment(db, segment, audio);
  const copy = await db.read(['audio'], (tx) => tx.objectStore('audio').get(segment.segment_id));
  await eraseSession(db, 's');
  expect(await db.read(['keys'], (tx) => tx.objectStore('keys').getAll())).toEqual([]);
  if (copy) await db.write(['audio'], 'relaxed', (tx) => tx.objectStore('audio').put(copy));
  await expect(readAudio(db, segment.segment_id)).rejects.toMatchObject({ code: 'undecryptable' });
});

test('[ATREST-5] a record in another place, under another key, or with a changed byte is refused', async () => {
  const key = await newRecordKey();
  const place = { segmentId: 'a', kind: 'chunk', index: 3 } as const;
  const record = await encryptRecord(key, place, pattern(50));
  expect(view(await decryptRecord(key, place, record))).toEqual(view(pattern(50)));
  await refused(decryptRecord(key, { ...place, index: 4 }, record));
  await refused(decryptRecord(key, { ...place, segmentId: 'b' }, record));
  await refused(decryptRecord(key, { ...place, kind: 'audio' }, record));
  await refused(decryptRecord(await newRecordKey(), place, record));
  for (const at of [0, 1, 20, record.byteLength - 1]) {
    const changed = new Uint8Array(record.slice(0));
    changed[at] = (changed[at] ?? 0) ^ 1;
    await refused(decryptRecord(key, place, changed.buffer));
  }
});

test('[ATREST-6] a redaction rewrites encrypted chunks and files, and they stay encrypted', async () => {
  await startSession(db, sampleSession('s'), { encrypt: 'all' });
  const draft = sampleSegment('s');
  await openSegment(db, draft);
  for (const index of [0, 1, 2]) await appendChunk(db, draft.segment_id, index, pattern(100 + index));
  const zeros = new ArrayBuffer(101);
  await amendDraft(db, draft.segment_id, { marks: [], rewrite: (index) => (index === 1 ? zeros : undefined) });
  expect((await readChunks(db, draft.segment_id)).map(view)).toEqual([
    view(pattern(100)),
    view(zeros),
    view(pattern(102)),
  ]);
  expect((await stored('chunks')).some((bytes) => holds(bytes, new Uint8Array(16)))).toBe(false);

  const { segment, audio } = await sampleSegmentWithAudio('s');
  await keepSegment(db, segment, audio);
  const rewriting = { before: segment, audio: pattern(200), sha256: 'new', marks: [] };
  for (const nobodySends of [true, false]) {
    const before = nobodySends ? segment : { ...segment, sha256: 'new' };
    const now = await rewriteSegment(db, { ...rewriting, before, newId: crypto.randomUUID(), nobodySends });
    expect(view(await readAudio(db, now?.segment_id ?? ''))).toEqual(view(pattern(200)));
  }
  expect((await stored('audio')).some((bytes) => holds(bytes, new Uint8Array(pattern(16))))).toBe(false);
});

/** Words that are nowhere else. */
const WORDS = ['marmalade', 'aquarium', 'periwinkle'] as const;
const [SAID, NOTED, SUBJECT] = WORDS;

function wordySession(id: string, facts = sampleSession(id)) {
  const consent = { subject: SUBJECT, text_version: '3', granted_at: '2026-11-20T10:00:00.000Z' };
  return { ...facts, metadata: { topic: [NOTED, 7, null] }, consent };
}

const asText = (_: string, value: unknown): unknown =>
  value instanceof ArrayBuffer ? new TextDecoder('latin1').decode(value) : value;

/** Which of the words stand in any row of any store. Bytes are read as letters. */
async function wordsInStores(): Promise<string[]> {
  const raw = await openDB(fresh.name);
  const rows = await Promise.all(Array.from(raw.objectStoreNames, (store) => raw.getAll(store)));
  raw.close();
  const text = JSON.stringify(rows, asText);
  return WORDS.filter((word) => text.includes(word));
}

/** A session through all of its life, and a transcript of it in two revisions. */
async function liveThrough(id: string, encrypt: 'all' | 'words' | false): Promise<void> {
  await startSession(db, wordySession(id), { encrypt });
  await updateSession(db, wordySession(id));
  const transcript = sampleTranscript(id, { text: `the first ${SAID}` });
  await putTranscript(db, transcript);
  const words = [{ text: SAID, start_ms: 0, end_ms: 700 }];
  const heard = { words, heard_text: SAID, cut_word: 0, heard_ms: 300, automatic: true } as const;
  await putTranscript(db, { ...transcript, text: `${SAID}, said in Łódź`, revision: 2, language: 'pl', ...heard });
  await endSession(db, wordySession(id, sampleSessionEnd(id)));
}

test('[ATREST-9] what is said, what the app notes and who consented are in no store in the open, and come out as they went in', async () => {
  await liveThrough('open', false);
  expect(await wordsInStores()).toEqual(WORDS);
  await eraseSession(db, 'open');
  for (const encrypt of ['all', 'words'] as const) {
    await liveThrough('s', encrypt);
    expect(await wordsInStores()).toEqual([]);
    const session = wordySession('s', sampleSessionEnd('s'));
    expect(await readSession(db, 's')).toEqual(session);
    expect(await listTranscripts(db, 's')).toMatchObject([
      { text: `${SAID}, said in Łódź`, language: 'pl', revision: 2, heard_text: SAID, words: [{ text: SAID }] },
    ]);
    // Whose revision it is, is no word.
    expect(await listAutomaticRevisions(db, 's')).toMatchObject([{ revision: 2 }]);
    const items = await createOutbox(db).items();
    const payloads = items.map(({ payload }) => payload);
    expect(payloads).toMatchObject([
      { session: wordySession('s') },
      { transcript: { text: `the first ${SAID}`, language: 'en' } },
      { transcript: { text: `${SAID}, said in Łódź`, language: 'pl' } },
      { session },
    ]);
    expect(JSON.stringify(payloads)).not.toContain('secret');
    await createOutbox(db).sent(items[1] ?? expect.unreachable());
    expect(await wordsInStores()).toEqual([]);
    await eraseSession(db, 's');
  }
});

test('[ATREST-9] a revision that is here already is known again by its text, though nobody sees it', async () => {
  await startSession(db, wordySession('s'), { encrypt: 'all' });
  const transcript = sampleTranscript('s', { text: SAID });
  await Promise.all([putTranscript(db, transcript), putTranscript(db, transcript)]);
  await putTranscript(db, transcript);
  expect(await listTranscripts(db, 's')).toHaveLength(1);
  const other = putTranscript(db, { ...transcript, text: 'other' });
  await expect(other).rejects.toMatchObject({ code: 'invalid_argument', field: 'revision' });
});

test('[ATREST-9] words of one revision in the place of another are refused', async () => {
  await startSession(db, wordySession('s'), { encrypt: 'all' });
  const first = sampleTranscript('s', { text: SAID });
  await putTranscript(db, first);
  await putTranscript(db, { ...first, text: 'no', revision: 2 });
  await db.write(['transcripts'], 'relaxed', async (tx) => {
    const [one, two] = await tx.objectStore('transcripts').getAll();
    if (one?.secret && two) await tx.objectStore('transcripts').put({ ...two, secret: one.secret });
  });
  await refused(listTranscripts(db, 's'));
});

test('[ATREST-9] words of one transcript in the place of another are refused', async () => {
  await startSession(db, wordySession('s'), { encrypt: 'all' });
  const first = sampleTranscript('s', { text: SAID });
  await putTranscript(db, first);
  await putTranscript(db, sampleTranscript('s', { text: 'no' }));
  await db.write(['transcripts'], 'relaxed', async (tx) => {
    const store = tx.objectStore('transcripts');
    const rows = await store.getAll();
    const secret = rows.find((row) => row.transcript_id === first.transcript_id)?.secret;
    for (const row of rows) if (secret) await store.put({ ...row, secret });
  });
  await refused(listTranscripts(db, 's'));
});

test('[ATREST-10] the audio of a sealed session is stored as its sealer gave it, and its words under a key of this device', async () => {
  await startSession(db, wordySession('s'), { encrypt: 'words' });
  const { segment, audio } = await sampleSegmentWithAudio('s');
  await keepSegment(db, segment, audio);
  expect((await stored('audio')).map((bytes) => Array.from(bytes))).toEqual([view(audio)]);
  expect(view(await readAudio(db, segment.segment_id))).toEqual(view(audio));
  expect(await wordsInStores()).toEqual([]);
});
