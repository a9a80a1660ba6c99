import * as fc from 'fast-check';
import { deleteDB } from 'idb';
import { afterEach, expect, test, vi } from 'vitest';
import { freshDatabase } from '../scripted/fresh-database.ts';
import { onceRead } from '../scripted/once-read.ts';
import type { RetentionSettings } from '../core/settings.ts';
import { sampleSegment, sampleSession, sampleSessionEnd, sampleTranscript } from '../upload-contract/samples.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from './database.ts';
import { dropOldest } from './drop-oldest.ts';
import { createRoomMaker } from './make-room.ts';
import { createOutbox } from './outbox.ts';
import { sweep } from './retention.ts';
import type { KeptSegmentRow, SegmentRow } from './rows.ts';
import { appendChunk, keepSegment, openSegment, readAudio } from './segments.ts';
import { appendSessionChunks, openSessionFile, updateSessionFile } from './session-files.ts';
import { endSession, readSession, startSession } from './sessions.ts';
import { putTranscript } from './transcripts.ts';

/** What a store may hold, how long, and what gives way: by example, and over stores of any content. */

const HOUR_MS = 3_600_000;
const NOW_MS = Date.parse('2026-11-21T12:00:00.000Z');
const NO_LIMIT: RetentionSettings = {
  keepAcknowledgedHours: 10_000,
  maxAgeHours: null,
  maxBytes: null,
  includeUnacknowledged: false,
};

let db: TurntapeDatabase;
const fresh = freshDatabase((opened) => (db = opened));
// Also one that was opened anew.
afterEach(() => db.close());

interface Kept {
  bytes: number;
  ageHours: number;
  /** What the backend has said of it. */
  state: 'kept' | 'sent' | 'acknowledged' | 'rejected';
}

/** A segment as it lies here some hours later. */
async function keep(sessionId: string, { bytes, ageHours, state }: Kept): Promise<string> {
  const keptAt = NOW_MS - ageHours * HOUR_MS;
  const segment = sampleSegment(sessionId, { byte_size: bytes, sha256: crypto.randomUUID() });
  await keepSegment(db, segment, new ArrayBuffer(bytes), { nowMs: keptAt });
  const outbox = createOutbox(db, { nowMs: () => keptAt });
  const item = (await outbox.items()).find(
    ({ payload }) => payload.kind === 'segment' && payload.segment.segment_id === segment.segment_id,
  );
  if (state === 'sent') await outbox.sent(item!);
  if (state === 'rejected') await outbox.rejected(item!, { code: 'rejected', message: '', retryable: false });
  if (state === 'acknowledged') await outbox.acknowledged(item!, undefined);
  return segment.segment_id;
}

const isoHoursAgo = (hours: number): string => new Date(NOW_MS - hours * HOUR_MS).toISOString();

async function begin(sessionId: string, ageHours: number): Promise<void> {
  await startSession(db, sampleSession(sessionId, { started_at: isoHoursAgo(ageHours) }));
}

async function end(sessionId: string, ageHours: number): Promise<void> {
  const facts = { started_at: isoHoursAgo(ageHours), ended_at: isoHoursAgo(ageHours) };
  await endSession(db, sampleSessionEnd(sessionId, facts));
}

/** The backend has the facts of every session. */
async function acknowledgeFacts(): Promise<void> {
  const outbox = createOutbox(db);
  for (const item of await outbox.items())
    if (item.payload.kind !== 'segment') await outbox.acknowledged(item, undefined);
}

const rowsOf = (store: 'segments'): Promise<SegmentRow[]> => db.read([store], (tx) => tx.objectStore(store).getAll());
const ids = async (): Promise<string[]> => (await rowsOf('segments')).map((row) => row.segment_id).toSorted();

test('[RETAIN-1] what is older than the maximum age goes when the backend has it, before its time for playback', async () => {
  await begin('s', 50);
  const old = await keep('s', { bytes: 100, ageHours: 48, state: 'acknowledged' });
  const young = await keep('s', { bytes: 100, ageHours: 2, state: 'acknowledged' });
  const unsent = await keep('s', { bytes: 100, ageHours: 48, state: 'kept' });
  await end('s', 2);
  const swept = await sweep(db, { ...NO_LIMIT, maxAgeHours: 24 }, NOW_MS);
  expect(swept.dropped).toEqual([
    { sessionId: 's', kind: 'segment', id: old, byteSize: 100, acknowledged: true, reason: 'age' },
  ]);
  expect(await ids()).toEqual([young, unsent].toSorted());
});

test('[RETAIN-2] what the backend does not have goes by a limit only when the rules say so, each told', async () => {
  await begin('s', 50);
  const unsent = await keep('s', { bytes: 100, ageHours: 48, state: 'kept' });
  const transcript = { ...sampleTranscript('s'), occurred_at: isoHoursAgo(48) };
  await putTranscript(db, transcript, NOW_MS - 48 * HOUR_MS);
  await end('s', 48);
  const rules = { ...NO_LIMIT, maxAgeHours: 24, maxBytes: 0 };
  expect(await sweep(db, rules, NOW_MS)).toEqual({ segments: 0, byteSize: 0, sessions: 0, dropped: [] });
  const swept = await sweep(db, { ...rules, includeUnacknowledged: true }, NOW_MS);
  expect(swept).toMatchObject({ segments: 1, byteSize: 100, sessions: 1 });
  expect(swept.dropped.map(({ kind, id, acknowledged }) => [kind, id, acknowledged])).toEqual([
    ['segment', unsent, false],
    ['session', 's', false],
    ['transcript', transcript.transcript_id, false],
    ['session', 's', false],
  ]);
  expect(await createOutbox(db).items()).toEqual([]);
  expect(await readSession(db, 's')).toBeUndefined();
});

test('[RETAIN-3] what a full disk took while its session ran counts no more: its facts alone are here', async () => {
  await begin('s', 50);
  const gone = await keep('s', { bytes: 100, ageHours: 48, state: 'acknowledged' });
  const left = await keep('s', { bytes: 100, ageHours: 47, state: 'acknowledged' });
  const drop = {
    bytes: 50,
    includeUnacknowledged: false,
    reason: 'full',
    ownSessionIds: ['s'],
    nowMs: NOW_MS,
  } as const;
  expect(await dropOldest(db, drop)).toMatchObject({ segments: 1, byteSize: 100 });
  await end('s', 2);
  expect(await sweep(db, { ...NO_LIMIT, maxBytes: 100 }, NOW_MS)).toMatchObject({ segments: 0, dropped: [] });
  expect(await ids()).toEqual([gone, left].toSorted());
});

test('[RETAIN-2] what the backend turns out not to have, when room is made, stays', async () => {
  await begin('s', 50);
  const id = await keep('s', { bytes: 100, ageHours: 48, state: 'acknowledged' });
  await end('s', 48);
  const changed = onceRead(db, 'sessions,segments,audio,session_files,outbox,holds', () =>
    db.write(['segments'], 'relaxed', async (tx) => {
      const row = (await tx.objectStore('segments').get(id)) as KeptSegmentRow;
      await tx.objectStore('segments').put({ ...row, state: 'kept', acknowledged_at: null });
    }),
  );
  const swept = await dropOldest(changed, { bytes: 1, includeUnacknowledged: false, reason: 'full', nowMs: NOW_MS });
  expect(swept).toMatchObject({ segments: 0, dropped: [] });
  expect(await readAudio(db, id)).toBeDefined();
});

test('[QUOTA-18] where nothing can be dropped nobody looks again for two seconds, and calls that overlap are one', async () => {
  const looks = vi.spyOn(db, 'read');
  let nowMs = 0;
  const dropped: unknown[] = [];
  const makeRoom = createRoomMaker({
    whenFull: () => 'drop-acknowledged',
    ownSessionIds: () => [],
    onDropped: (event) => dropped.push(event),
    now: () => nowMs,
  });
  expect(await Promise.all([makeRoom(db), makeRoom(db)])).toEqual([false, false]);
  expect(looks).toHaveBeenCalledTimes(1);
  nowMs = 1999;
  expect(await makeRoom(db)).toBe(false);
  expect(looks).toHaveBeenCalledTimes(1);
  looks.mockRestore();
  await begin('s', 50);
  await keep('s', { bytes: 100, ageHours: 48, state: 'acknowledged' });
  await end('s', 48);
  expect(await makeRoom(db)).toBe(false);
  nowMs = 2000;
  expect(await makeRoom(db)).toBe(true);
  expect(dropped).toMatchObject([{ reason: 'full', acknowledged: true }]);
});

test('[RETAIN-3] beyond the maximum of bytes the oldest goes first, and no more than is too much', async () => {
  await begin('s', 50);
  const kept: string[] = [];
  for (const ageHours of [5, 30, 1, 20]) kept.push(await keep('s', { bytes: 1000, ageHours, state: 'acknowledged' }));
  await end('s', 1);
  const swept = await sweep(db, { ...NO_LIMIT, maxBytes: 2500 }, NOW_MS);
  expect(swept.dropped.map(({ id, reason }) => [id, reason])).toEqual([
    [kept[1], 'bytes'],
    [kept[3], 'bytes'],
  ]);
  expect(await ids()).toEqual(kept.filter((_, index) => index % 2 === 0).toSorted());
});

test('[RETAIN-3] a session file counts, and goes with its session', async () => {
  await begin('s', 50);
  await openSessionFile(db, {
    session_id: 's',
    state: 'recording',
    layout: 'stereo',
    format: 'wav',
    sample_rate: 48_000,
    samples: 0,
    offset: 0,
    started_at: isoHoursAgo(50),
    gaps: [],
    marks: [],
    encoder: {},
  });
  await appendSessionChunks(db, [{ session_id: 's', lane: 'user', start: 0, bytes: new ArrayBuffer(5000) }]);
  await updateSessionFile(db, 's', { state: 'completed', samples: 2500, byte_size: 5000 });
  await end('s', 2);
  await acknowledgeFacts();
  await begin('live', 1);
  const young = await keep('live', { bytes: 1000, ageHours: 1, state: 'acknowledged' });
  expect(await sweep(db, { ...NO_LIMIT, maxBytes: 6000 }, NOW_MS)).toMatchObject({ sessions: 0 });
  expect(await sweep(db, { ...NO_LIMIT, maxBytes: 5999 }, NOW_MS)).toMatchObject({ sessions: 1, byteSize: 5000 });
  expect(await ids()).toEqual([young]);
});

test('[QUOTA-1] of a live session of its own the audio that the backend has may give way, its facts stay', async () => {
  await begin('own', 5);
  await begin('other-tab', 5);
  const mine = await keep('own', { bytes: 1000, ageHours: 3, state: 'acknowledged' });
  const unsent = await keep('own', { bytes: 1000, ageHours: 4, state: 'kept' });
  const theirs = await keep('other-tab', { bytes: 1000, ageHours: 5, state: 'acknowledged' });
  const options = { bytes: 10_000, includeUnacknowledged: true, reason: 'full', ownSessionIds: ['own'] } as const;
  const swept = await dropOldest(db, options);
  expect(swept.dropped.map(({ id }) => id)).toEqual([mine]);
  expect(await ids()).toEqual([mine, unsent, theirs].toSorted());
  expect(await readAudio(db, mine)).toBeUndefined();
  expect(await readAudio(db, unsent)).toBeDefined();
  expect(await readAudio(db, theirs)).toBeDefined();
  // There is nothing more to be had, and nothing is told twice.
  expect((await dropOldest(db, options)).dropped).toEqual([]);
});

const keptArbitrary: fc.Arbitrary<Kept> = fc.record({
  bytes: fc.integer({ min: 0, max: 3000 }),
  ageHours: fc.integer({ min: 0, max: 100 }),
  state: fc.constantFrom('kept', 'sent', 'acknowledged', 'rejected'),
});
interface Stored {
  live: boolean;
  endedHoursAgo: number;
  segments: Kept[];
  openTurn: boolean;
}
const storeArbitrary: fc.Arbitrary<Stored[]> = fc.array(
  fc.record({
    live: fc.boolean(),
    endedHoursAgo: fc.integer({ min: 0, max: 100 }),
    segments: fc.array(keptArbitrary, { maxLength: 4 }),
    openTurn: fc.boolean(),
  }),
  { maxLength: 4 },
);
const rulesArbitrary: fc.Arbitrary<RetentionSettings> = fc.record({
  keepAcknowledgedHours: fc.integer({ min: 0, max: 100 }),
  maxAgeHours: fc.option(fc.integer({ min: 0, max: 100 })),
  maxBytes: fc.option(fc.integer({ min: 0, max: 10_000 })),
  includeUnacknowledged: fc.boolean(),
});

const isKept = (row: SegmentRow): row is KeptSegmentRow => row.state !== 'recording';

async function fill(sessions: readonly Stored[]): Promise<void> {
  for (const [index, { live, endedHoursAgo, segments, openTurn }] of sessions.entries()) {
    const sessionId = `s${index}`;
    await begin(sessionId, 200);
    for (const kept of segments) await keep(sessionId, kept);
    if (!live) await end(sessionId, endedHoursAgo);
    if (!live || !openTurn) continue;
    const draft = sampleSegment(sessionId);
    await openSegment(db, draft);
    await appendChunk(db, draft.segment_id, 0, new ArrayBuffer(100));
  }
}

/** Every row of every store. */
const everything = (): Promise<Record<string, unknown[]>> => {
  const stores = ['sessions', 'segments', 'chunks', 'audio', 'outbox'] as const;
  return db.read([...stores], async (tx) =>
    Object.fromEntries(await Promise.all(stores.map(async (store) => [store, await tx.objectStore(store).getAll()]))),
  );
};

test('[RETAIN-4] over any store: no live session is touched, nothing unacknowledged goes unsaid, what is due goes, the rest stays', async () => {
  await fc.assert(
    fc.asyncProperty(storeArbitrary, rulesArbitrary, async (sessions, rules) => {
      db.close();
      await deleteDB(fresh.name);
      db = await openTurntapeDatabase(fresh.name);
      await fill(sessions);
      const liveIds = new Set(sessions.flatMap(({ live }, index) => (live ? [`s${index}`] : [])));
      const ofLive = (all: Record<string, unknown[]>) =>
        (all['segments'] as SegmentRow[]).filter((row) => liveIds.has(row.session_id));
      const before = await everything();
      const { dropped } = await sweep(db, rules, NOW_MS);
      const after = await everything();
      const left = new Map((after['segments'] as SegmentRow[]).map((row) => [row.segment_id, row]));

      expect(ofLive(after)).toEqual(ofLive(before));
      expect(after['chunks']).toEqual(before['chunks']);
      const keptUntil = NOW_MS - rules.keepAcknowledgedHours * HOUR_MS;
      const bornBefore = rules.maxAgeHours === null ? -Infinity : NOW_MS - rules.maxAgeHours * HOUR_MS;
      const told = new Map(dropped.filter(({ kind }) => kind === 'segment').map((each) => [each.id, each]));
      for (const row of (before['segments'] as SegmentRow[]).filter(isKept)) {
        if (liveIds.has(row.session_id)) continue;
        const acknowledged = row.state === 'acknowledged';
        const isOver = acknowledged && (row.acknowledged_at ?? 0) <= keptUntil;
        const isOld = row.kept_at <= bornBefore && (acknowledged || rules.includeUnacknowledged);
        const gone = !left.has(row.segment_id);
        if (isOver || isOld) expect(gone).toBe(true);
        // Before its time only by a limit, and said.
        if (gone && !isOver) expect(told.get(row.segment_id)).toMatchObject({ acknowledged, byteSize: row.byte_size });
        if (gone && !isOver && !isOld) expect(rules.maxBytes).not.toBeNull();
        if (gone && !acknowledged) expect(rules.includeUnacknowledged).toBe(true);
        if (!gone) expect(told.has(row.segment_id)).toBe(false);
      }
      // Every file that is left has its row, and every item of the outbox what it stands for.
      const audio = (after['audio'] as { segment_id: string }[]).map(({ segment_id }) => segment_id);
      expect(audio.every((id) => left.has(id))).toBe(true);
      const items = after['outbox'] as { kind: string; segment_id?: string }[];
      expect(items.every((item) => item.kind !== 'segment' || left.has(item.segment_id ?? ''))).toBe(true);
      // Either it is little enough now, or nothing is left that may go.
      const rest = [...left.values()].filter(isKept);
      const mayGo = rest.filter(
        (row) => !liveIds.has(row.session_id) && (row.state === 'acknowledged' || rules.includeUnacknowledged),
      );
      if (rules.maxBytes !== null && rest.reduce((sum, row) => sum + row.byte_size, 0) > rules.maxBytes)
        expect(mayGo).toEqual([]);
      expect((await sweep(db, rules, NOW_MS)).dropped).toEqual([]);
    }),
    { numRuns: 40 },
  );
});
