import { expect, test } from 'vitest';
import { freshDatabase } from '../scripted/fresh-database.ts';
import { sampleSegment, sampleSession, sampleSessionEnd } from '../upload-contract/samples.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from './database.ts';
import { dropOldest } from './drop-oldest.ts';
import { eraseAll, eraseSession } from './erase.ts';
import { LONGEST_LEASE_MS, releaseHold, takeHold } from './holds.ts';
import { createOutbox } from './outbox.ts';
import { sweep } from './retention.ts';
import { keepSegment, listSegments, readAudio } from './segments.ts';
import { endSession, readSession, startSession } from './sessions.ts';

/** Who reads of a session keeps it here, and for no longer than they said. */

const NOW_MS = Date.parse('2026-11-21T12:00:00.000Z');
const MINUTE_MS = 60_000;
/** By these rules everything that may go goes at once. */
const AT_ONCE = { keepAcknowledgedHours: 0, maxAgeHours: 0, maxBytes: 0, includeUnacknowledged: true };

let db: TurntapeDatabase;
const fresh = freshDatabase((opened) => (db = opened));

/** An ended session with one segment of 1,000 bytes. */
async function keepSession(sessionId: string, { acknowledged = true, keptAt = NOW_MS } = {}): Promise<string> {
  await startSession(db, sampleSession(sessionId));
  const segment = sampleSegment(sessionId, { byte_size: 1000, sha256: crypto.randomUUID() });
  await keepSegment(db, segment, new ArrayBuffer(1000), { nowMs: keptAt });
  await endSession(db, sampleSessionEnd(sessionId));
  const outbox = createOutbox(db, { nowMs: () => keptAt });
  for (const item of await outbox.items())
    if (acknowledged && item.sessionId === sessionId) await outbox.acknowledged(item, undefined);
  return segment.segment_id;
}

const here = async (sessionId: string): Promise<boolean> => (await readSession(db, sessionId)) !== undefined;
const holdRows = (): Promise<number> => db.read(['holds'], (tx) => tx.objectStore('holds').count());

test('[HOLD-1] what is held is taken by no limit, of another tab either, until the last who holds it lets go', async () => {
  const held = await keepSession('held');
  await keepSession('free');
  const ours = await takeHold(db, 'held', { leaseMs: MINUTE_MS, nowMs: NOW_MS });
  const theirs = await takeHold(db, 'held', { leaseMs: MINUTE_MS, nowMs: NOW_MS });
  const otherTab = await openTurntapeDatabase(fresh.name);
  const swept = await sweep(otherTab, AT_ONCE, NOW_MS + 1);
  otherTab.close();
  expect(swept).toMatchObject({ segments: 1, sessions: 1 });
  expect([await here('held'), await here('free')]).toEqual([true, false]);
  expect(await readAudio(db, held)).toBeDefined();

  await releaseHold(db, ours.hold_id);
  await releaseHold(db, ours.hold_id);
  await sweep(db, AT_ONCE, NOW_MS + 2);
  expect(await here('held')).toBe(true);
  await releaseHold(db, theirs.hold_id);
  await sweep(db, AT_ONCE, NOW_MS + 3);
  expect([await here('held'), await holdRows()]).toEqual([false, 0]);
});

test('[HOLD-1] the maximum of bytes takes what nobody holds, though it is younger', async () => {
  await keepSession('old', { keptAt: NOW_MS - 9 * MINUTE_MS });
  await keepSession('young');
  await takeHold(db, 'old', { leaseMs: MINUTE_MS, nowMs: NOW_MS });
  const rules = { ...AT_ONCE, keepAcknowledgedHours: 24, maxAgeHours: null, maxBytes: 1500 };
  await sweep(db, rules, NOW_MS);
  expect([await here('old'), await here('young')]).toEqual([true, false]);
});

test('[HOLD-2] a thousand holds that nobody lets go of end when their time is over, and leave no row', async () => {
  await keepSession('held');
  await keepSession('kept on');
  for (let count = 0; count < 500; count += 1) {
    await takeHold(db, 'held', { leaseMs: MINUTE_MS, nowMs: NOW_MS });
    await takeHold(db, 'kept on', { leaseMs: MINUTE_MS, nowMs: NOW_MS });
  }
  const renewed = await takeHold(db, 'kept on', { leaseMs: MINUTE_MS, nowMs: NOW_MS });
  await sweep(db, AT_ONCE, NOW_MS + MINUTE_MS - 1);
  expect([await here('held'), await here('kept on'), await holdRows()]).toEqual([true, true, 1001]);
  const again = { leaseMs: MINUTE_MS, holdId: renewed.hold_id, nowMs: NOW_MS + MINUTE_MS };
  expect((await takeHold(db, 'kept on', again)).expires_at).toBe(NOW_MS + 2 * MINUTE_MS);
  await sweep(db, AT_ONCE, NOW_MS + MINUTE_MS);
  expect([await here('held'), await here('kept on'), await holdRows()]).toEqual([false, true, 1]);
  await sweep(db, AT_ONCE, NOW_MS + 2 * MINUTE_MS);
  expect([await here('kept on'), await holdRows()]).toEqual([false, 0]);
});

test('[HOLD-2] a clock that is set back by a year holds nothing for a year', async () => {
  await keepSession('s');
  await takeHold(db, 's', { leaseMs: MINUTE_MS, nowMs: NOW_MS + 365 * LONGEST_LEASE_MS });
  await sweep(db, AT_ONCE, NOW_MS);
  expect([await here('s'), await holdRows()]).toEqual([false, 0]);
});

test('[HOLD-3] an erasure takes what is held, and its holds; what is not here cannot be held, nor held on', async () => {
  await keepSession('a');
  await keepSession('b');
  const hold = await takeHold(db, 'a', { leaseMs: MINUTE_MS });
  await takeHold(db, 'b', { leaseMs: MINUTE_MS });
  await eraseSession(db, 'a');
  expect([await here('a'), await holdRows()]).toEqual([false, 1]);
  const refused = { code: 'invalid_argument', field: 'sessionId' };
  await expect(takeHold(db, 'a', { leaseMs: MINUTE_MS, holdId: hold.hold_id })).rejects.toMatchObject(refused);
  await eraseAll(db);
  expect(await holdRows()).toBe(0);
  await expect(takeHold(db, 'b', { leaseMs: MINUTE_MS })).rejects.toMatchObject(refused);
  expect(await holdRows()).toBe(0);
});

test('[HOLD-4] on a full disk what is held goes behind all else that the backend has, and before what it does not have', async () => {
  const gone: string[] = [];
  const [held, older, unsent, unsentHeld] = [
    await keepSession('held', { keptAt: NOW_MS - 9 * MINUTE_MS }),
    await keepSession('older', { keptAt: NOW_MS - 5 * MINUTE_MS }),
    await keepSession('unsent', { acknowledged: false, keptAt: NOW_MS - 7 * MINUTE_MS }),
    await keepSession('unsent, held', { acknowledged: false, keptAt: NOW_MS - 8 * MINUTE_MS }),
  ];
  for (const sessionId of ['held', 'unsent, held'])
    await takeHold(db, sessionId, { leaseMs: MINUTE_MS, nowMs: NOW_MS });
  for (let count = 0; count < 4; count += 1) {
    const full = { bytes: 1, includeUnacknowledged: true, reason: 'full', nowMs: NOW_MS } as const;
    gone.push(...(await dropOldest(db, full)).dropped.filter(({ kind }) => kind === 'segment').map(({ id }) => id));
  }
  expect(gone).toEqual([older, held, unsent, unsentHeld]);
  expect([await listSegments(db, 'held'), await holdRows()]).toEqual([[], 0]);
});
