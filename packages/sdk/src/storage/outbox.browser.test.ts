import { beforeEach, expect, test } from 'vitest';
import { freshDatabase } from '../scripted/fresh-database.ts';
import type { ErrorFacts } from '../core/errors.ts';
import type { Outbox, OutboxItem } from '../upload-contract/outbox.ts';
import {
  sampleSegmentWithAudio,
  sampleSession,
  sampleSessionEnd,
  sampleTranscript,
} from '../upload-contract/samples.ts';
import type { TurntapeDatabase } from './database.ts';
import { createOutbox } from './outbox.ts';
import { keepSegment, listSegments } from './segments.ts';
import { endSession, listSessions, readSession, startSession, updateSession } from './sessions.ts';
import { listTranscripts, putTranscript } from './transcripts.ts';

let db: TurntapeDatabase;
freshDatabase((opened) => (db = opened));
let outbox: Outbox;
const NOW_MS = 1_800_000_000_000;
beforeEach(async () => {
  outbox = createOutbox(db, { nowMs: () => NOW_MS });
});

const failure: ErrorFacts = { code: 'network', message: 'gone', retryable: true };
const kinds = async (): Promise<string[]> => (await outbox.items()).map(describe);

function describe({ payload }: OutboxItem): string {
  if (payload.kind === 'session') return `${payload.session.session_id} ${payload.session.state}`;
  if (payload.kind === 'segment') return `${payload.segment.session_id} segment`;
  if (payload.kind === 'erasure') return `${payload.sessionId} erasure`;
  return `${payload.transcript.session_id} transcript ${payload.transcript.revision}`;
}

async function keepOne(sessionId: string): Promise<OutboxItem> {
  const { segment, audio } = await sampleSegmentWithAudio(sessionId);
  await keepSegment(db, segment, audio);
  const item = (await outbox.items()).at(-1);
  if (!item) throw new Error('nothing was enqueued');
  return item;
}

/** The only segment of a session. */
async function segmentOf(sessionId: string) {
  const rows = await listSegments(db, sessionId);
  expect(rows).toHaveLength(1);
  return rows[0];
}

test('[STORE-13] items come in order: session start, segments, transcripts, session end', async () => {
  await startSession(db, sampleSession('a'));
  await startSession(db, sampleSession('b'));
  await keepOne('a');
  await keepOne('b');
  await putTranscript(db, sampleTranscript('a'));
  await endSession(db, sampleSessionEnd('a'));
  expect(await kinds()).toEqual(['a active', 'b active', 'a segment', 'b segment', 'a transcript 1', 'a ended']);
  const seqs = (await outbox.items()).map((item) => item.seq);
  expect(seqs).toEqual(seqs.toSorted((x, y) => x - y));
});

test('[STORE-13] an item carries the wire form and nothing local', async () => {
  await startSession(db, sampleSession('a'));
  const { segment, audio } = await sampleSegmentWithAudio('a');
  await keepSegment(db, segment, audio);
  const transcript = sampleTranscript('a');
  await putTranscript(db, transcript);
  expect((await outbox.items()).map((item) => item.payload)).toEqual([
    { kind: 'session', session: sampleSession('a') },
    { kind: 'segment', segment },
    { kind: 'transcript', transcript },
  ]);
  expect(await outbox.audio(segment.segment_id)).toEqual(audio);
});

test('[STORE-14] the end of a session replaces its start when neither was tried and nothing lies between', async () => {
  await startSession(db, sampleSession('a'));
  await startSession(db, sampleSession('b'));
  await endSession(db, sampleSessionEnd('a'));
  expect(await kinds()).toEqual(['b active', 'a ended']);
});

test('[STORE-14] a start stays when a segment came after it: a backend never hears of an end before a turn', async () => {
  await startSession(db, sampleSession('a'));
  await keepOne('a');
  await endSession(db, sampleSessionEnd('a'));
  expect(await kinds()).toEqual(['a active', 'a segment', 'a ended']);
});

test('[STORE-14] a start that was tried stays, whether it failed or may have arrived', async () => {
  await startSession(db, sampleSession('a'));
  await startSession(db, sampleSession('b'));
  const [a, b] = await outbox.items();
  await outbox.sent(a!);
  await outbox.failed(b!, failure);
  await endSession(db, sampleSessionEnd('a'));
  await endSession(db, sampleSessionEnd('b'));
  expect(await kinds()).toEqual(['a active', 'b active', 'a ended', 'b ended']);
});

test('[STORE-14] an uploader that acknowledges a replaced item does not remove the newer one', async () => {
  await startSession(db, sampleSession('a'));
  const [start] = await outbox.items();
  await endSession(db, sampleSessionEnd('a'));
  await outbox.acknowledged(start!, undefined);
  expect(await kinds()).toEqual(['a ended']);
});

test('[STORE-15] a segment goes from kept to sent to acknowledged, and its item leaves', async () => {
  await startSession(db, sampleSession('a'));
  const item = await keepOne('a');
  expect(await segmentOf('a')).toMatchObject({ state: 'kept' });
  await outbox.sent(item);
  expect(await segmentOf('a')).toMatchObject({ state: 'sent', acknowledged_at: null });
  await outbox.acknowledged(item, { segment_id: 'x', sha256: '', byte_size: 0, audio_url: 'urn:where' });
  expect(await segmentOf('a')).toMatchObject({
    state: 'acknowledged',
    acknowledged_at: NOW_MS,
    audio_url: 'urn:where',
    error: null,
  });
  expect(await kinds()).toEqual(['a active']);
});

test('[STORE-15] a failed try leaves the item in its place, with the count, the reason and the wait', async () => {
  await startSession(db, sampleSession('a'));
  const item = await keepOne('a');
  await putTranscript(db, sampleTranscript('a'));
  await outbox.sent(item);
  await outbox.failed(item, failure, NOW_MS + 5000);
  const [, failed] = await outbox.items();
  expect(failed).toMatchObject({
    seq: item.seq,
    state: 'pending',
    attempts: 1,
    error: failure,
    retryAt: NOW_MS + 5000,
  });
  expect(await segmentOf('a')).toMatchObject({ state: 'kept', error: failure });
});

test('[STORE-15] a rejected item stays, with the reason, until it is retried', async () => {
  await startSession(db, sampleSession('a'));
  await startSession(db, sampleSession('b'));
  const items = [await keepOne('a'), await keepOne('b')];
  const refusal: ErrorFacts = { code: 'rejected', message: 'too long', field: 'audio', retryable: false };
  for (const item of items) await outbox.rejected(item, refusal);
  expect(await segmentOf('a')).toMatchObject({ state: 'rejected', error: refusal });
  await outbox.retry({ sessionId: 'a' });
  const states = (await outbox.items()).map((item) => `${item.sessionId} ${item.state} ${item.attempts}`);
  expect(states).toEqual(['a pending 0', 'b pending 0', 'a pending 0', 'b rejected 1']);
  expect(await segmentOf('a')).toMatchObject({ state: 'kept', error: null });
  await outbox.retry({});
  expect((await outbox.items()).every((item) => item.state === 'pending')).toBe(true);
});

test('[SEND-37] what was cancelled while it was under way stays cancelled, with that reason, whatever its try comes to', async () => {
  await startSession(db, sampleSession('a'));
  const item = await keepOne('a');
  const held = async () => (await outbox.items()).find(({ seq }) => seq === item.seq);
  const aborted: ErrorFacts = { code: 'aborted', message: 'the app cancelled it', retryable: false };
  await outbox.cancel({ seq: item.seq }, aborted);
  await outbox.sent(item);
  await outbox.failed(item, failure, NOW_MS + 1000);
  expect(await held()).toMatchObject({ state: 'rejected', error: aborted, attempts: 0 });
  expect(await segmentOf('a')).toMatchObject({ state: 'rejected', error: aborted });
  // It may have arrived all the same: then it is there.
  await outbox.acknowledged(item, undefined);
  expect(await held()).toBeUndefined();
  expect(await segmentOf('a')).toMatchObject({ state: 'acknowledged', error: null });
});

test('[STORE-16] a transcript is kept once for each revision, and listed in its highest', async () => {
  await startSession(db, sampleSession('a'));
  const first = sampleTranscript('a', { text: 'Is any body there?' });
  await putTranscript(db, first);
  await putTranscript(db, first);
  await putTranscript(db, { ...first, revision: 2, text: 'Is anybody there?' });
  await expect(putTranscript(db, { ...first, text: 'other' })).rejects.toMatchObject({
    code: 'invalid_argument',
    field: 'revision',
  });
  const early = sampleTranscript('a', { occurred_at: '2026-11-20T09:59:00.000Z', text: 'Hello' });
  await putTranscript(db, early);
  expect(await kinds()).toEqual(['a active', 'a transcript 1', 'a transcript 2', 'a transcript 1']);
  expect((await listTranscripts(db, 'a')).map((row) => row.text)).toEqual(['Hello', 'Is anybody there?']);
});

test('[STORE-16] a transcript is acknowledged by its own revision', async () => {
  await startSession(db, sampleSession('a'));
  await putTranscript(db, sampleTranscript('a'));
  const item = (await outbox.items())[1];
  await outbox.acknowledged(item!, undefined);
  expect(await listTranscripts(db, 'a')).toMatchObject([{ state: 'acknowledged', acknowledged_at: NOW_MS }]);
});

test('[STORE-17] sessions are listed newest first, exactly as they were given', async () => {
  const old = sampleSession('old', { started_at: '2026-11-19T10:00:00.000Z' });
  await startSession(db, old);
  await startSession(db, sampleSession('new'));
  expect(await listSessions(db)).toEqual([sampleSession('new'), old]);
});

test('[STORE-34] a session that goes on began when the first of its runs did, here and in what the backend is told', async () => {
  const [first, second] = ['2026-11-20T10:00:00.000Z', '2026-11-20T11:00:00.000Z'];
  expect(await startSession(db, sampleSession('a', { started_at: first }), { encrypt: 'words' })).toBe(first);
  await endSession(db, sampleSessionEnd('a', { started_at: first }));
  expect(await startSession(db, sampleSession('a', { started_at: second }))).toBe(first);
  const told = (await outbox.items()).flatMap(({ payload }) => (payload.kind === 'session' ? [payload.session] : []));
  expect(told.at(-1)).toMatchObject({ started_at: first, state: 'active' });
  expect(await readSession(db, 'a')).toMatchObject({ started_at: first, metadata: sampleSession('a').metadata });
  // A clock that was set back: the earliest of all that was said, as a backend takes it.
  expect(await startSession(db, sampleSession('a', { started_at: '2026-11-20T09:00:00.000Z' }))).toBe(
    '2026-11-20T09:00:00.000Z',
  );
});

test('[STORE-17] newer facts of a session are kept without telling the backend', async () => {
  await startSession(db, sampleSession('a'));
  await updateSession(db, sampleSession('a', { metadata: { plan: 'b' } }));
  expect(await readSession(db, 'a')).toMatchObject({ metadata: { plan: 'b' } });
  expect((await outbox.items()).map((item) => item.payload)).toEqual([
    { kind: 'session', session: sampleSession('a') },
  ]);
  await expect(updateSession(db, sampleSession('b'))).rejects.toMatchObject({ code: 'storage_failed' });
});
