import { openDB } from 'idb';
import { beforeEach, expect, test } from 'vitest';
import { freshDatabase } from '../scripted/fresh-database.ts';
import { onceRead } from '../scripted/once-read.ts';
import type { Outbox } from '../upload-contract/outbox.ts';
import {
  sampleSegment,
  sampleSegmentWithAudio,
  sampleSession,
  sampleSessionEnd,
  sampleTranscript,
} from '../upload-contract/samples.ts';
import type { TurntapeDatabase } from './database.ts';
import { eraseAll, eraseSession } from './erase.ts';
import { createOutbox } from './outbox.ts';
import { sweep } from './retention.ts';
import { appendChunk, keepSegment, listSegments, openSegment, readAudio } from './segments.ts';
import { appendSessionChunks, openSessionFile } from './session-files.ts';
import { endSession, readSession, startSession } from './sessions.ts';
import { listTranscripts, putTranscript } from './transcripts.ts';

const DAY_MS = 86_400_000;
/** Acknowledged audio stays a day, and there is no limit. */
const A_DAY = { keepAcknowledgedHours: 24, maxAgeHours: null, maxBytes: null, includeUnacknowledged: false };
/** Acknowledged audio goes when its session has ended. */
const AT_ONCE = { ...A_DAY, keepAcknowledgedHours: 0 };
/** The samples' sessions end at 10:05 of this day. */
const ACKNOWLEDGED_MS = Date.parse('2026-11-20T10:06:00.000Z');

const NOTHING = {
  audio: 0,
  chunks: 0,
  holds: 0,
  keys: 0,
  outbox: 0,
  page_exits: 0,
  peaks: 0,
  running: 0,
  segments: 0,
  session_chunks: 0,
  session_files: 0,
  sessions: 0,
  transcripts: 0,
};

/** A session file with one chunk. */
async function keepSessionFile(sessionId: string): Promise<void> {
  await openSessionFile(db, {
    session_id: sessionId,
    state: 'completed',
    layout: 'stereo',
    format: 'wav',
    sample_rate: 48_000,
    samples: 5,
    offset: 0,
    started_at: '2026-11-20T10:00:00.000Z',
    gaps: [],
    marks: [],
    encoder: {},
  });
  await appendSessionChunks(db, [{ session_id: sessionId, lane: 'user', start: 0, bytes: new ArrayBuffer(10) }]);
}

let db: TurntapeDatabase;
const fresh = freshDatabase((opened) => (db = opened));
let outbox: Outbox;
beforeEach(async () => {
  outbox = createOutbox(db, { nowMs: () => ACKNOWLEDGED_MS });
});

async function keep(sessionId: string): Promise<string> {
  const { segment, audio } = await sampleSegmentWithAudio(sessionId);
  await keepSegment(db, segment, audio, { peaks: new ArrayBuffer(4) });
  return segment.segment_id;
}

async function acknowledgeAll(): Promise<void> {
  for (const item of await outbox.items()) await outbox.acknowledged(item, undefined);
}

/** How many rows every store holds, of whatever session. */
async function rows(): Promise<Record<string, number>> {
  const idb = await openDB(fresh.name);
  const counts = await Promise.all(
    Array.from(idb.objectStoreNames, async (store) => [store, await idb.count(store)] as const),
  );
  idb.close();
  return Object.fromEntries(counts);
}

test('[OWN-2] what was acknowledged long enough ago goes, and a session of which nothing is left goes with it, its key too', async () => {
  await startSession(db, sampleSession('a'), { encrypt: 'all' });
  await keep('a');
  await putTranscript(db, sampleTranscript('a'), ACKNOWLEDGED_MS);
  await endSession(db, sampleSessionEnd('a'));
  await acknowledgeAll();
  const early = await sweep(db, A_DAY, ACKNOWLEDGED_MS + DAY_MS - 1);
  expect(early).toEqual({ segments: 0, byteSize: 0, sessions: 0, dropped: [] });
  const due = await sweep(db, A_DAY, ACKNOWLEDGED_MS + DAY_MS);
  expect(due).toEqual({ segments: 1, byteSize: 2000, sessions: 1, dropped: [] });
  expect(await rows()).toEqual(NOTHING);
});

test('[OWN-2] a session stays as long as what was said in it, which the backend may have heard later', async () => {
  await startSession(db, sampleSession('a'));
  await keep('a');
  await putTranscript(db, sampleTranscript('a'), ACKNOWLEDGED_MS);
  await endSession(db, sampleSessionEnd('a'));
  const late = createOutbox(db, { nowMs: () => ACKNOWLEDGED_MS + 1000 });
  for (const item of await outbox.items())
    await (item.kind === 'transcript' ? late : outbox).acknowledged(item, undefined);
  const due = ACKNOWLEDGED_MS + DAY_MS;
  expect(await sweep(db, A_DAY, due)).toMatchObject({ segments: 1, sessions: 0 });
  expect(await listTranscripts(db, 'a')).toHaveLength(1);
  expect(await sweep(db, A_DAY, due + 1000)).toMatchObject({ segments: 0, sessions: 1 });
  expect(await rows()).toEqual(NOTHING);
});

test('[OWN-3] a session that was taken up again since the sweep began is left alone', async () => {
  await startSession(db, sampleSession('a'));
  const id = await keep('a');
  await endSession(db, sampleSessionEnd('a'));
  await acknowledgeAll();
  const swept = await sweep(
    onceRead(db, 'sessions', () => startSession(db, sampleSession('a'))),
    AT_ONCE,
    Date.now(),
  );
  expect(swept).toMatchObject({ segments: 0, sessions: 0 });
  expect(await readAudio(db, id)).toBeDefined();
});

test('[OWN-3] a sweep touches nothing of a live session, however old', async () => {
  await startSession(db, sampleSession('live'));
  const id = await keep('live');
  await acknowledgeAll();
  await sweep(db, AT_ONCE, ACKNOWLEDGED_MS + 1000 * DAY_MS);
  expect(await readAudio(db, id)).toBeDefined();
  expect(await readSession(db, 'live')).toBeDefined();
});

test('[OWN-3] a sweep touches nothing that is not acknowledged: pending, sent or rejected', async () => {
  await startSession(db, sampleSession('a'));
  const ids = [await keep('a'), await keep('a'), await keep('a'), await keep('a')];
  await endSession(db, sampleSessionEnd('a'));
  const [, acknowledged, sent, rejected] = await outbox.items();
  await outbox.acknowledged(acknowledged!, undefined);
  await outbox.sent(sent!);
  await outbox.rejected(rejected!, { code: 'rejected', message: '', retryable: false });
  const swept = await sweep(db, AT_ONCE, ACKNOWLEDGED_MS + 1000 * DAY_MS);
  expect(swept).toEqual({ segments: 1, byteSize: 2000, sessions: 0, dropped: [] });
  expect((await listSegments(db, 'a')).map((row) => row.segment_id).toSorted()).toEqual(ids.slice(1).toSorted());
  expect(await readSession(db, 'a')).toBeDefined();
});

test('[OWN-2] what the backend has no place for does not hold a session back', async () => {
  await startSession(db, sampleSession('a'));
  await keep('a');
  await endSession(db, sampleSessionEnd('a'));
  const error = { code: 'not_supported_by_target', message: '', retryable: false } as const;
  for (const item of await outbox.items()) {
    if (item.payload.kind === 'segment') await outbox.acknowledged(item, undefined);
    else await outbox.rejected(item, error);
  }
  await sweep(db, AT_ONCE, ACKNOWLEDGED_MS);
  expect(await rows()).toEqual(NOTHING);
});

async function twoSessionsInFull(): Promise<void> {
  for (const id of ['a', 'b']) {
    await startSession(db, sampleSession(id));
    await keep(id);
    await putTranscript(db, sampleTranscript(id));
    const draft = sampleSegment(id);
    await openSegment(db, draft);
    await appendChunk(db, draft.segment_id, 0, new ArrayBuffer(10));
    await keepSessionFile(id);
  }
}

test('[OWN-4] erasing a session leaves nothing of it, its unfinished turn and its place in the outbox included', async () => {
  await twoSessionsInFull();
  const full = await rows();
  expect(full).toEqual({
    audio: 2,
    chunks: 2,
    holds: 0,
    keys: 0,
    outbox: 6,
    page_exits: 0,
    peaks: 2,
    running: 2,
    segments: 4,
    session_chunks: 2,
    session_files: 2,
    sessions: 2,
    transcripts: 2,
  });
  await eraseSession(db, 'a');
  expect(await rows()).toEqual({
    audio: 1,
    chunks: 1,
    holds: 0,
    keys: 0,
    outbox: 3,
    page_exits: 0,
    peaks: 1,
    running: 1,
    segments: 2,
    session_chunks: 1,
    session_files: 1,
    sessions: 1,
    transcripts: 1,
  });
  expect(await listSegments(db, 'b')).toHaveLength(1);
  expect(await listTranscripts(db, 'b')).toHaveLength(1);
  expect((await outbox.items()).every((item) => item.sessionId === 'b')).toBe(true);
});

test('[OWN-4] erasing everything leaves nothing, and the database goes on', async () => {
  await twoSessionsInFull();
  const seqBefore = Math.max(...(await outbox.items()).map((item) => item.seq));
  await eraseAll(db);
  expect(await rows()).toEqual(NOTHING);
  await startSession(db, sampleSession('c'));
  const [item] = await outbox.items();
  expect(item?.seq).toBeGreaterThan(seqBefore);
});

test('[OWN-4] an uploader that is told of an erased item brings nothing back', async () => {
  await startSession(db, sampleSession('a'));
  await keep('a');
  const [, item] = await outbox.items();
  await eraseSession(db, 'a');
  await outbox.sent(item!);
  await outbox.failed(item!, { code: 'network', message: '', retryable: true });
  await outbox.rejected(item!, { code: 'rejected', message: '', retryable: false });
  await outbox.acknowledged(item!, undefined);
  expect(await rows()).toEqual(NOTHING);
});

const erasures = async () => (await outbox.items()).map((item) => [item.payload.kind, item.sessionId]);

test('[OWN-11] an erasure that the backend is asked for waits in the outbox, alone, and outlives a second erasure', async () => {
  for (const id of ['a', 'b']) {
    await startSession(db, sampleSession(id));
    await keep(id);
  }
  await eraseSession(db, 'a', { askBackend: true });
  // Erased once more, on this device alone: what the backend was asked before it is still asked.
  await eraseSession(db, 'a');
  expect((await erasures()).filter(([kind]) => kind === 'erasure')).toEqual([['erasure', 'a']]);
  await eraseAll(db, { askBackend: true });
  expect(await erasures()).toEqual([
    ['erasure', 'b'],
    ['erasure', 'a'],
  ]);
  expect(await rows()).toEqual({ ...NOTHING, outbox: 2 });
  await acknowledgeAll();
  expect(await erasures()).toEqual([]);
});
