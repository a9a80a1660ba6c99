import { deleteDB } from 'idb';
import { afterEach, beforeEach } from 'vitest';
import { type TurntapeDatabase, openTurntapeDatabase } from '../storage/database.ts';

/** The name of a database of each test's own, which goes behind it. Nothing is opened. */
export function freshName(): { readonly name: string } {
  const fresh = { name: '' };
  beforeEach(() => {
    fresh.name = `test-${crypto.randomUUID()}`;
  });
  afterEach(() => deleteDB(fresh.name));
  return fresh;
}

/** A database of each test's own, open and empty, given to `use` before the test; closed and gone behind it. */
export function freshDatabase(use: (db: TurntapeDatabase) => void): { readonly name: string } {
  // First, so that it is the last to clean up: a database that is open cannot go.
  const fresh = freshName();
  let db: TurntapeDatabase | undefined;
  beforeEach(async () => {
    db = await openTurntapeDatabase(fresh.name);
    use(db);
  });
  afterEach(() => db?.close());
  return fresh;
}
