import { deleteDB, openDB } from 'idb';
import { afterEach, expect, test, vi } from 'vitest';
import { sampleSession } from '../upload-contract/samples.ts';
import { openTurntapeDatabase } from './database.ts';
import { readSessionFile } from './session-files.ts';
import { readSession, startSession } from './sessions.ts';
import { toStorageError } from './storage-error.ts';
import { DATABASE_VERSION } from './upgrades.ts';

let name = '';
const freshName = (): string => (name = `test-${crypto.randomUUID()}`);

afterEach(async () => {
  vi.unstubAllGlobals();
  await deleteDB(name);
});

test('[STORE-1] a database opened for the first time has every store', async () => {
  (await openTurntapeDatabase(freshName())).close();
  const idb = await openDB(name);
  expect(Array.from(idb.objectStoreNames)).toEqual([
    'audio',
    'chunks',
    'holds',
    'keys',
    'outbox',
    'page_exits',
    'peaks',
    'running',
    'segments',
    'session_chunks',
    'session_files',
    'sessions',
    'transcripts',
  ]);
  expect(idb.version).toBe(DATABASE_VERSION);
  idb.close();
});

test('[TAPE-12] a database of the first version is upgraded with everything that it holds', async () => {
  const old = await openDB(freshName(), 1, {
    upgrade(idb) {
      // As 0.1 made it: see `toVersion1`.
      idb.createObjectStore('sessions', { keyPath: 'session_id' });
      idb.createObjectStore('segments', { keyPath: 'segment_id' }).createIndex('session_id', 'session_id');
      idb.createObjectStore('chunks', { keyPath: ['segment_id', 'index'] });
      idb.createObjectStore('audio', { keyPath: 'segment_id' });
      idb
        .createObjectStore('transcripts', { keyPath: ['transcript_id', 'revision'] })
        .createIndex('session_id', 'session_id');
      idb.createObjectStore('outbox', { keyPath: 'seq', autoIncrement: true }).createIndex('session_id', 'session_id');
    },
  });
  await old.put('sessions', sampleSession('s'));
  await old.put('audio', { segment_id: 'a', bytes: new ArrayBuffer(8) });
  old.close();
  const db = await openTurntapeDatabase(name);
  expect(await readSession(db, 's')).toEqual(sampleSession('s'));
  expect(await db.read(['audio'], (tx) => tx.objectStore('audio').get('a'))).toMatchObject({ segment_id: 'a' });
  expect(await readSessionFile(db, 's')).toBeUndefined();
  db.close();
});

test('[STORE-2] a tab with old code closes its connection at once, and the newer one opens without waiting', async () => {
  const closed = vi.fn<(reason: string) => void>();
  const old = await openTurntapeDatabase(freshName(), { onClosed: closed });
  await startSession(old, sampleSession('s'));
  const blocked = vi.fn<() => void>();
  const newer = await openDB(name, DATABASE_VERSION + 1, { blocked });
  expect(blocked).not.toHaveBeenCalled();
  expect(closed).toHaveBeenCalledExactlyOnceWith('upgraded');
  newer.close();
  // What is asked of the closed connection fails by name, it never hangs.
  await expect(startSession(old, sampleSession('t'))).rejects.toMatchObject({ code: 'storage_failed' });
});

test('[STORE-2] a transaction under way when a newer tab comes is finished first', async () => {
  const old = await openTurntapeDatabase(freshName());
  const written = old.write(['sessions'], 'strict', (tx) => tx.objectStore('sessions').put(sampleSession('s')));
  const newer = await openDB(name, DATABASE_VERSION + 1);
  await written;
  expect(await newer.get('sessions', 's')).toMatchObject({ session_id: 's' });
  newer.close();
});

test('[STORE-3] a database that newer code has upgraded is refused by old code by name', async () => {
  (await openDB(freshName(), DATABASE_VERSION + 1)).close();
  await expect(openTurntapeDatabase(name)).rejects.toMatchObject({
    name: 'TurntapeError',
    code: 'storage_unavailable',
    message: expect.stringContaining('reload') as string,
  });
});

test('[STORE-3] a page without IndexedDB hears storage_unavailable', async () => {
  vi.stubGlobal('indexedDB', undefined);
  await expect(openTurntapeDatabase(freshName())).rejects.toMatchObject({ code: 'storage_unavailable' });
});

test('[STORE-3] a browser that refuses to open hears storage_unavailable, with the cause', async () => {
  // What Firefox throws in a private window of old, and any browser under a policy that forbids storage.
  const refusal = new DOMException('denied', 'SecurityError');
  vi.stubGlobal('indexedDB', {
    open: () => {
      throw refusal;
    },
  });
  await expect(openTurntapeDatabase(freshName())).rejects.toMatchObject({
    code: 'storage_unavailable',
    cause: refusal,
  });
});

test('[STORE-4] whatever throws within a transaction undoes all of it', async () => {
  const db = await openTurntapeDatabase(freshName());
  const mishap = db.write(['sessions', 'outbox'], 'relaxed', async (tx) => {
    await tx.objectStore('sessions').put(sampleSession('s'));
    throw new RangeError('half way');
  });
  await expect(mishap).rejects.toMatchObject({ code: 'storage_failed', cause: { message: 'half way' } });
  expect(await readSession(db, 's')).toBeUndefined();
  db.close();
});

test('[STORE-4] a request that fails is named by its own cause', async () => {
  const db = await openTurntapeDatabase(freshName());
  await startSession(db, sampleSession('s'));
  const mishap = db.write(['sessions'], 'relaxed', (tx) => tx.objectStore('sessions').add(sampleSession('s')));
  await expect(mishap).rejects.toMatchObject({ code: 'storage_failed', cause: { name: 'ConstraintError' } });
  db.close();
});

test('[STORE-5] the errors of IndexedDB map to three codes', () => {
  expect(toStorageError(new DOMException('', 'QuotaExceededError')).code).toBe('storage_full');
  expect(toStorageError(new DOMException('', 'VersionError')).code).toBe('storage_unavailable');
  expect(toStorageError(new DOMException('', 'InvalidStateError'), 'storage_unavailable').code).toBe(
    'storage_unavailable',
  );
  expect(toStorageError(new DOMException('', 'UnknownError')).code).toBe('storage_failed');
  expect(toStorageError('odd').code).toBe('storage_failed');
});
