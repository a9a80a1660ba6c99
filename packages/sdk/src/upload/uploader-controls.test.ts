import { afterEach, expect, test } from 'vitest';
import { TurntapeError } from '../core/errors.ts';
import type { UploaderOptions } from './uploader.ts';
import { busy, collect, networkDown, next, setUp as newSetting } from './uploader-setting.ts';

let end: (() => Promise<void>) | undefined;
afterEach(() => end?.());

function setUp(options?: Partial<UploaderOptions>) {
  const setting = newSetting(options);
  end = setting.end;
  return setting;
}

const BACKLOG = 300;

test('[SEND-20] a look costs what is new, however much waits', async () => {
  const { outbox, target, start, addSession } = setUp();
  let entriesRead = 0;
  let looks = 0;
  const read = outbox.read.bind(outbox);
  outbox.read = async (known) => {
    const reading = await read(known);
    looks += 1;
    entriesRead += reading.entries.length;
    return reading;
  };
  for (let count = 0; count < BACKLOG; count += 1) addSession('held');
  const uploader = start();
  uploader.pause('held');
  await uploader.whenIdle();
  for (let count = 0; count < BACKLOG; count += 1) {
    addSession('live');
    uploader.nudge();
    await uploader.whenDelivered('live');
  }
  expect(target.arrived.filter((label) => label.startsWith('live'))).toHaveLength(BACKLOG);
  expect(looks).toBeGreaterThan(BACKLOG);
  // Each item once as new. Whole readings, one at the start, would be 300 entries each.
  expect(entriesRead).toBeLessThan(3 * BACKLOG);
});

test('[SEND-20] nothing is read of an item that waits: what it carries is read when it is sent', async () => {
  const { outbox, start, addSegment } = setUp();
  for (let count = 0; count < 20; count += 1) await addSegment('a');
  const read: number[] = [];
  const item = outbox.item.bind(outbox);
  outbox.item = (seq) => {
    read.push(seq);
    return item(seq);
  };
  outbox.items = () => Promise.reject(new Error('not to be asked'));
  await start().whenDelivered('a');
  expect(read).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
});

test('[SEND-21] after five failures in a row nothing is tried for a while, then one item alone, then all', async () => {
  const { target, clock, start, addSession } = setUp({ concurrency: 3 });
  const ids = Array.from({ length: 40 }, (_, index) => `s${index}`);
  for (const id of ids) {
    addSession(id);
    target.failures.set(`${id} active`, [networkDown()]);
  }
  const uploader = start();
  await expect.poll(() => uploader.progress.restsUntilMs).toBeDefined();
  await expect.poll(() => target.underWay).toBe(0);
  const tried = target.arrived.length;
  expect(tried).toBeLessThanOrEqual(5 + 2);
  // A nudge and a new session do not wake it.
  addSession('new');
  uploader.nudge();
  await expect.poll(() => uploader.progress.pending).toBe(ids.length + 1);
  expect(target.arrived).toHaveLength(tried);
  // One probe, which fails too: twice as long.
  target.failures.set('new active', [networkDown()]);
  const failed = next(uploader, 'failed');
  clock.advance((uploader.progress.restsUntilMs ?? 0) - clock.nowMs());
  await failed;
  await expect.poll(() => target.underWay).toBe(0);
  expect(target.arrived).toHaveLength(tried + 1);
  expect(uploader.progress.restsUntilMs).toBeGreaterThan(clock.nowMs() + 1000);
  // The next is answered: everything goes on.
  target.failures.clear();
  clock.advance(120_000);
  await uploader.whenIdle();
  expect(uploader.progress).toMatchObject({ pending: 0, restsUntilMs: undefined });
});

test('[SEND-21] a session that fails alone leaves the circuit closed, and so does what the device or the item is to blame for', async () => {
  const { target, clock, start, addSession, addSegment } = setUp({ concurrency: 1 });
  addSession('bad');
  target.failures.set('bad active', Array.from({ length: 9 }, networkDown));
  for (let count = 0; count < 20; count += 1) addSession(`refused ${count}`);
  for (let count = 0; count < 20; count += 1)
    target.failures.set(`refused ${count} active`, [new TurntapeError('rejected', 'no')]);
  const uploader = start();
  for (let count = 0; count < 8; count += 1) {
    await addSegment('good');
    uploader.nudge();
    await uploader.whenDelivered('good');
    clock.advance(60_000);
  }
  expect(uploader.progress.restsUntilMs).toBeUndefined();
});

test('[SEND-21] an online event lets one item go when the network was at fault, never when the backend asked for time', async () => {
  const { target, clock, start, addSession, online } = setUp();
  for (let count = 0; count < 20; count += 1) {
    addSession(`s${count}`);
    target.failures.set(`s${count} active`, [networkDown()]);
  }
  const uploader = start();
  await expect.poll(() => uploader.progress.restsUntilMs).toBeDefined();
  await expect.poll(() => target.underWay).toBe(0);
  target.failures.clear();
  online();
  await uploader.whenIdle();
  expect(uploader.progress.restsUntilMs).toBeUndefined();

  for (let count = 0; count < 20; count += 1) {
    addSession(`b${count}`);
    target.failures.set(`b${count} active`, [busy(30_000)]);
  }
  uploader.nudge();
  await expect.poll(() => uploader.progress.restsUntilMs).toBeGreaterThanOrEqual(clock.nowMs() + 30_000);
  await expect.poll(() => target.underWay).toBe(0);
  const tried = target.arrived.length;
  online();
  await expect.poll(() => clock.nextMs).toBeGreaterThanOrEqual(30_000);
  expect(target.arrived).toHaveLength(tried);
  target.failures.clear();
  await uploader.retry();
  await uploader.whenIdle();
});

test('[SEND-22] cancel ends what is under way and keeps it: never tried again by itself, sent by retry', async () => {
  const { outbox, target, start, addSession, addSegment } = setUp();
  addSession('a');
  const segment = await addSegment('a');
  addSession('b');
  target.failures.set('a active', ['hang']);
  const uploader = start();
  const rejected = collect(uploader, 'rejected');
  await expect.poll(() => target.underWay).toBe(1);
  const delivered = uploader.whenDelivered('a');
  const refused = expect(delivered).rejects.toMatchObject({ code: 'aborted' });
  await uploader.cancel({ sessionId: 'a' });
  await refused;
  await uploader.whenDelivered('b');
  expect(outbox.held).toMatchObject([
    { seq: 1, state: 'rejected', error: { code: 'aborted' } },
    { seq: segment.seq, state: 'rejected', error: { code: 'aborted' } },
  ]);
  expect(rejected.map(({ item }) => item.seq)).toEqual([1, segment.seq]);
  expect(target.arrived).toEqual(['a active', 'b active']);
  target.release();
  await uploader.retry({ sessionId: 'a' });
  await uploader.whenDelivered('a');
  expect(target.arrived).toEqual(['a active', 'b active', 'a active', 'a segment']);
});

test('[SEND-22] one item alone is cancelled, and one alone is retried; the rest of its session goes on', async () => {
  const { outbox, target, start, addSegment } = setUp();
  const items = [await addSegment('a'), await addSegment('a'), await addSegment('a')];
  const uploader = start();
  uploader.pause();
  await uploader.whenIdle();
  await uploader.cancel({ seq: items[0]?.seq });
  await uploader.cancel({ seq: items[1]?.seq });
  uploader.resume();
  await expect(uploader.whenDelivered('a')).rejects.toMatchObject({ code: 'aborted' });
  expect(outbox.log.filter((line) => line.startsWith('acknowledged'))).toEqual(['acknowledged 3']);
  await uploader.retry({ seq: items[1]?.seq });
  await expect.poll(() => outbox.held.map(({ seq }) => seq)).toEqual([1]);
  expect(target.arrived).toHaveLength(2);
});

test('[SEND-23] what another tab has done to an item is seen before it is sent', async () => {
  const { outbox, target, clock, start, addSession } = setUp({ concurrency: 1 });
  const [first, second] = [addSession('a'), addSession('b')];
  addSession('d');
  const uploader = start();
  uploader.pause();
  await uploader.whenIdle();
  await expect.poll(() => uploader.progress.pending).toBe(3);
  // The other tab: one was refused, one must wait. Their number is the same: no reading shows it.
  await outbox.rejected(first, { code: 'rejected', message: 'no', retryable: false });
  await outbox.failed(second, { code: 'server_error', message: 'busy', retryable: true }, clock.nowMs() + 5000);
  uploader.resume();
  await uploader.whenDelivered('d');
  expect(target.arrived).toEqual(['d active']);
  await expect(uploader.whenDelivered('a')).rejects.toMatchObject({ code: 'rejected' });
  clock.advance(5000);
  await uploader.whenDelivered('b');
  expect(target.arrived).toEqual(['d active', 'b active']);
});

test('[SEND-24] progress says how long the rest takes, by what was delivered while something was under way', async () => {
  const { target, clock, start, addSegment } = setUp();
  for (let count = 0; count < 4; count += 1) await addSegment('a');
  target.failures.set('a segment', ['hang', 'hang', 'hang', 'hang']);
  const uploader = start();
  for (let left = 3; left >= 0; left -= 1) {
    await expect.poll(() => target.underWay).toBe(1);
    clock.advance(500);
    const told = next(uploader, 'acknowledged');
    target.release();
    await told;
    await expect.poll(() => uploader.progress.pending).toBe(left);
    await expect.poll(() => uploader.progress.remainingMs).toBeCloseTo(left * 500, 6);
  }
  expect(uploader.progress).toMatchObject({ acknowledgedSegments: 4, acknowledgedBytes: 8000, remainingMs: 0 });
});
