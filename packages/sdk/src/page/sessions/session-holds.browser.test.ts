import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { toErrorFacts, fromErrorFacts } from '../../core/errors.ts';
import type { FileRequest } from '../../core/messages/page-engine.ts';
import { OpenFiles } from '../../engine/files/open-files.ts';
import { readSessionFileAs } from '../../engine/files/session-files.ts';
import { freshDatabase } from '../../scripted/fresh-database.ts';
import type { TurntapeDatabase } from '../../storage/database.ts';
import { createOutbox } from '../../storage/outbox.ts';
import { sweep } from '../../storage/retention.ts';
import { keepSegment } from '../../storage/segments.ts';
import { endSession, readSession, startSession } from '../../storage/sessions.ts';
import { sampleWav } from '../../testing/conformance-kit.ts';
import { sampleSession, sampleSessionEnd } from '../../upload-contract/samples.ts';
import type { Engine } from '../engine-call.ts';
import { SessionFiles } from '../files.ts';
import { SessionHolds } from './session-holds.ts';

/** The page's holds over a real database, and files that are made while a sweep takes all that it may. */

const AT_ONCE = { keepAcknowledgedHours: 0, maxAgeHours: 0, maxBytes: 0, includeUnacknowledged: true };
const sessionId = '0198c0de-0000-7000-8000-000000000001';

const EPOCH = {
  epoch: 0,
  clock_id: 0,
  start_frame: 0,
  clock_rate: 48_000,
  session_frame_offset: 0,
  wall_anchor: { frame: 0, wall_ms: Date.parse('2026-11-20T10:00:00.000Z') },
};

/** Each a turn of its own; more than one piece of a file. */
const SECONDS = 5;

let db: TurntapeDatabase;
freshDatabase((opened) => (db = opened));
let holds: SessionHolds;
let errors: string[];
let released = 0;

beforeEach(async () => {
  errors = [];
  released = 0;
  holds = new SessionHolds(db, { onReleased: () => (released += 1), onError: ({ code }) => errors.push(code) });
  await startSession(db, sampleSession(sessionId));
  const outbox = createOutbox(db);
  for (let index = 0; index < SECONDS; index += 1) {
    const { segment, audio } = await sampleWav({ sessionId, durationMs: 1000, pitchHz: 200 + 100 * index });
    await keepSegment(
      db,
      { ...segment, clock_epoch: 0, clock_rate: 48_000, start_frame: 48_000 * index },
      await audio.arrayBuffer(),
    );
  }
  await endSession(db, sampleSessionEnd(sessionId, { epochs: [EPOCH] }));
  for (const item of await outbox.items()) await outbox.acknowledged(item, undefined);
});

afterEach(() => void vi.useRealTimers());

const sweepNow = (): Promise<unknown> => sweep(db, AT_ONCE, Date.now() + 1);
const here = async (): Promise<boolean> => (await readSession(db, sessionId)) !== undefined;
const holdRows = (): Promise<number> => db.read(['holds'], (tx) => tx.objectStore('holds').count());

/** The engine's own files, in this thread; before each answer `meanwhile` happens. */
function engineWith(meanwhile: () => Promise<unknown>): Engine {
  const open = new OpenFiles();
  const calls: Record<string, (argument: never) => Promise<unknown>> = {
    openFile: async (request: FileRequest) => {
      const { facts, bytes } = await readSessionFileAs(db, request);
      return { fileId: open.open(bytes), facts };
    },
    readFile: (fileId: string) => open.read(fileId),
    closeFile: (fileId: string) => open.close(fileId),
  };
  const call = async (name: string, [argument]: readonly [never]): Promise<unknown> => {
    await meanwhile();
    return calls[name]?.(argument);
  };
  return { call } as unknown as Engine;
}

const filesOver = (meanwhile: () => Promise<unknown>): SessionFiles =>
  new SessionFiles({ sessionId, holds, engine: engineWith(meanwhile), format: 'wav', bitrate: 32_000 });

const samplesOf = async (blob: Blob): Promise<Int16Array> => new Int16Array(await blob.arrayBuffer(), 44);
const loudest = (samples: Int16Array): number => samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);

test('[HOLD-5] a file is whole though a sweep takes all that it may at every step, and then the session goes', async () => {
  const { blob } = await filesOver(sweepNow).audio({
    speaker: 'user',
    fromMs: 0,
    toMs: 1000 * SECONDS,
    sampleRate: 48_000,
  });
  const samples = await samplesOf(blob);
  expect(samples).toHaveLength(SECONDS * 48_000);
  for (let second = 0; second < SECONDS; second += 1)
    expect(loudest(samples.subarray(second * 48_000, (second + 1) * 48_000))).toBeGreaterThan(1000);
  expect([await holdRows(), released, errors]).toEqual([0, 1, []]);
  await sweepNow();
  expect(await here()).toBe(false);
});

test('[HOLD-5] a file that takes longer than a lease is whole as well', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const slow = filesOver(() => {
    vi.setSystemTime(Date.now() + 4 * 60_000);
    return sweepNow();
  });
  const { blob } = await slow.audio({ speaker: 'user', fromMs: 0, toMs: 1000 * SECONDS, sampleRate: 48_000 });
  expect(loudest((await samplesOf(blob)).subarray((SECONDS - 1) * 48_000))).toBeGreaterThan(1000);
});

test('[HOLD-5] a file that cannot be made, and one that nobody wants any more, hold nothing', async () => {
  await expect(filesOver(sweepNow).audio({ fromMs: 1e9, toMs: 1e9 + 1 })).resolves.toBeDefined();
  const failing = filesOver(() => Promise.reject(new Error('the engine is dead')));
  await expect(failing.export()).rejects.toThrow('the engine is dead');
  const controller = new AbortController();
  const stream = new WritableStream({ write: () => controller.abort() });
  const given = filesOver(sweepNow).export({ to: stream, signal: controller.signal });
  await expect(given).rejects.toMatchObject({ code: 'aborted' });
  expect([await holdRows(), await here()]).toEqual([0, true]);
});

test('[EXPORT-18] a stream that stands still holds nobody who gives the file up, and one that somebody else writes to is refused', async () => {
  for (const stands of ['write', 'close'] as const) {
    const controller = new AbortController();
    let goOn: (() => void) | undefined;
    const told: unknown[] = [];
    const stream = new WritableStream<Uint8Array<ArrayBuffer>>({
      [stands]: () => {
        controller.abort();
        return new Promise<void>((resolve) => (goOn = resolve));
      },
      abort: (reason) => void told.push(reason),
    });
    const given = filesOver(async () => undefined).export({ to: stream, signal: controller.signal });
    await expect(given, stands).rejects.toMatchObject({ code: 'aborted' });
    expect([await holdRows(), stream.locked], stands).toEqual([0, false]);
    // What was being written is written; then the stream hears of it.
    goOn?.();
    if (stands === 'write') await expect.poll(() => told).toMatchObject([{ code: 'aborted' }]);
    const writer = stands === 'write' ? undefined : stream.getWriter();
    const again = filesOver(async () => undefined).export({ to: writer ? stream : lockedStream() });
    await expect(again).rejects.toMatchObject({ code: 'invalid_argument', field: 'to' });
    writer?.releaseLock();
  }
});

function lockedStream(): WritableStream<Uint8Array<ArrayBuffer>> {
  const stream = new WritableStream<Uint8Array<ArrayBuffer>>();
  stream.getWriter();
  return stream;
}

test('[HOLD-6] a database that takes no lease is told, and stops no file', async () => {
  const full = new Proxy(db, {
    get: (target, name) =>
      name === 'write'
        ? () => Promise.reject(fromErrorFacts(toErrorFacts(undefined, 'storage_full')))
        : (Reflect.get(target, name, target) as unknown),
  });
  holds = new SessionHolds(full, { onReleased: () => undefined, onError: ({ code }) => errors.push(code) });
  const { blob } = await filesOver(async () => undefined).audio({ speaker: 'user', sampleRate: 48_000 });
  expect(loudest(await samplesOf(blob))).toBeGreaterThan(1000);
  expect(errors).toEqual(['storage_full']);
  await expect(holds.take(sessionId)).rejects.toMatchObject({ code: 'storage_full' });
});

test('[HOLD-2] a hold is renewed for as long as before, refuses what is no time, and is over when it is released', async () => {
  const hold = await holds.take(sessionId.toUpperCase(), { leaseMs: 5000 });
  const first = hold.expiresAtMs;
  await hold.renew();
  expect(hold.expiresAtMs).toBeGreaterThanOrEqual(first);
  await hold.renew({ leaseMs: 60_000 });
  expect(hold.expiresAtMs).toBeGreaterThan(first + 50_000);
  const refused = { code: 'invalid_option', field: 'leaseMs' };
  for (const leaseMs of [0, 999, 86_400_001, Number.NaN, Infinity])
    await expect(holds.take(sessionId, { leaseMs })).rejects.toMatchObject(refused);
  await expect(hold.renew({ leaseMs: -1 })).rejects.toMatchObject(refused);
  expect(await holdRows()).toBe(1);
  await Promise.all([hold.release(), hold.release()]);
  expect([await holdRows(), released]).toEqual([0, 1]);
  await expect(hold.renew()).rejects.toMatchObject({ code: 'disposed' });
});

test('[HOLD-2] a recorder that is disposed of lets go of all that it holds', async () => {
  await using kept = await holds.take(sessionId);
  await holds.take(sessionId);
  expect([await holdRows(), kept.sessionId]).toEqual([2, sessionId]);
  await holds.dispose();
  expect(await holdRows()).toBe(0);
});
