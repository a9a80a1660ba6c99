import { afterEach, expect, test, vi } from 'vitest';
import type { TurntapeError } from '../../core/errors.ts';
import type { DroppedEvent } from '../../core/events.ts';
import { freshDatabase } from '../../scripted/fresh-database.ts';
import type { RetentionSettings } from '../../core/settings.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import { createOutbox } from '../../storage/outbox.ts';
import { keepSegment, listSegments } from '../../storage/segments.ts';
import { endSession, startSession } from '../../storage/sessions.ts';
import { sampleSegmentWithAudio, sampleSession, sampleSessionEnd } from '../../upload-contract/samples.ts';
import { Retention } from './retention.ts';

/** When the page looks whether something is due. What is due: `storage/retention.ts`. */

let db: TurntapeDatabase;
freshDatabase((opened) => (db = opened));
afterEach(() => vi.restoreAllMocks());

const KEEP_LONG: RetentionSettings = {
  keepAcknowledgedHours: 10_000,
  maxAgeHours: null,
  maxBytes: null,
  includeUnacknowledged: false,
};

/** A retention with these rules, and how often it has looked. */
function retain(rules: Partial<RetentionSettings>) {
  const dropped: DroppedEvent[] = [];
  const errors: TurntapeError[] = [];
  const looks = vi.spyOn(db, 'read');
  const onDropped = (event: DroppedEvent): void => void dropped.push(event);
  const onError = (error: TurntapeError): void => void errors.push(error);
  const retention = new Retention(db, { ...KEEP_LONG, ...rules }, { onDropped, onError });
  // Each sweep asks for the sessions once.
  const sweeps = (): number => looks.mock.calls.filter(([stores]) => stores.join() === 'sessions').length;
  return { retention, dropped, errors, sweeps };
}

/** An ended session of one segment that the backend has. */
async function keepAcknowledged(): Promise<void> {
  await startSession(db, sampleSession('s'));
  const { segment, audio } = await sampleSegmentWithAudio('s');
  await keepSegment(db, segment, audio);
  await endSession(db, sampleSessionEnd('s'));
  const outbox = createOutbox(db);
  for (const item of await outbox.items()) await outbox.acknowledged(item, undefined);
}

test('[RETAIN-5] with a maximum of bytes, or no time for playback, each receipt may make something due; else time alone does', async () => {
  await keepAcknowledged();
  const { retention, dropped, sweeps } = retain({ maxBytes: 0 });
  retention.sweep();
  await expect.poll(() => dropped).toMatchObject([{ reason: 'bytes', acknowledged: true }]);
  await keepAcknowledged();
  retention.acknowledged();
  await expect.poll(() => dropped.length).toBe(2);
  expect(await listSegments(db, 's')).toEqual([]);
  const before = sweeps();
  retention.acknowledged();
  await retention.dispose();
  expect(sweeps()).toBe(before + 1);
});

test('[RETAIN-5] a thousand receipts are no thousand sweeps, and nothing is swept any more behind the end', async () => {
  await keepAcknowledged();
  const often = retain({ keepAcknowledgedHours: 0 });
  for (let each = 0; each < 1000; each += 1) often.retention.acknowledged();
  await expect.poll(() => listSegments(db, 's')).toEqual([]);
  await often.retention.dispose();
  expect(often.sweeps()).toBeLessThanOrEqual(2);
  vi.restoreAllMocks();

  const seldom = retain({});
  const now = vi.spyOn(Date, 'now').mockReturnValue(10_000_000);
  // Ten minutes after the last look, and not before.
  for (const [atMs, sweeps] of [
    [10_000_000, 1],
    [10_599_999, 1],
    [10_600_000, 2],
  ] as const) {
    now.mockReturnValue(atMs);
    seldom.retention.acknowledged();
    await expect.poll(seldom.sweeps).toBe(sweeps);
  }
  await seldom.retention.dispose();
  seldom.retention.sweep();
  expect([seldom.sweeps(), seldom.errors]).toEqual([2, []]);
});

test('[RETAIN-5] a sweep that fails is told, and the next one is made', async () => {
  await keepAcknowledged();
  const { retention, errors } = retain({ keepAcknowledgedHours: 0 });
  vi.spyOn(db, 'read').mockRejectedValueOnce(new Error('torn'));
  retention.sweep();
  await expect.poll(() => errors).toMatchObject([{ code: 'storage_failed', cause: { message: 'torn' } }]);
  retention.sweep();
  await expect.poll(() => listSegments(db, 's')).toEqual([]);
  await retention.dispose();
});
