import { afterEach, vi } from 'vitest';
import { type DatabaseOptions, type TurntapeDatabase, openTurntapeDatabase } from '../storage/database.ts';

// A storage bucket is a small disk of its own, with Chromium's real quota (the types of the DOM do not know it yet).
interface Buckets {
  open(name: string, options: { quota: number }): Promise<{ indexedDB: IDBFactory }>;
  delete(name: string): Promise<void>;
}
const { storageBuckets } = navigator as unknown as { storageBuckets: Buckets };

/** Opens a database on a disk of so many bytes, of each test's own; both are gone behind it. */
export function smallDisk(): (bytes: number, options?: DatabaseOptions) => Promise<TurntapeDatabase> {
  const opened: { name: string; db: TurntapeDatabase }[] = [];
  afterEach(async () => {
    for (const { db } of opened) db.close();
    vi.unstubAllGlobals();
    for (const { name } of opened.splice(0)) await storageBuckets.delete(name);
  });
  return async (bytes, options) => {
    const name = `small-${crypto.randomUUID()}`;
    const { indexedDB } = await storageBuckets.open(name, { quota: bytes });
    vi.stubGlobal('indexedDB', indexedDB);
    const db = await openTurntapeDatabase('disk', options);
    opened.push({ name, db });
    return db;
  };
}

/** Bytes that do not compress. */
export function noise(bytes: number): ArrayBuffer {
  const all = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += 65_536) crypto.getRandomValues(all.subarray(at, Math.min(bytes, at + 65_536)));
  return all.buffer;
}
