import type { IDBPDatabase, IDBPTransaction, StoreNames } from 'idb';
import type { TurntapeSchema } from './rows.ts';

type UpgradeTransaction = IDBPTransaction<TurntapeSchema, StoreNames<TurntapeSchema>[], 'versionchange'>;
type Upgrade = (db: IDBPDatabase<TurntapeSchema>, tx: UpgradeTransaction) => void;

/**
 * One step for each version, in order; a step is never edited once released, only followed by another. A device runs
 * those it has not seen, all in one transaction: an upgrade happens whole or not at all.
 */
const UPGRADES: readonly Upgrade[] = [
  toVersion1,
  toVersion2,
  toVersion3,
  toVersion4,
  toVersion5,
  toVersion6,
  toVersion7,
  toVersion8,
];

/** The version of the database that this code reads and writes. */
export const DATABASE_VERSION = UPGRADES.length;

/** Brings a database from `oldVersion` (0: a new one) to {@link DATABASE_VERSION}. */
export function upgrade(db: IDBPDatabase<TurntapeSchema>, oldVersion: number, tx: UpgradeTransaction): void {
  for (const step of UPGRADES.slice(oldVersion)) step(db, tx);
}

/** 0.1: sessions, segments with their chunks and files, transcripts, and the outbox. */
function toVersion1(db: IDBPDatabase<TurntapeSchema>): void {
  db.createObjectStore('sessions', { keyPath: 'session_id' });

  const segments = db.createObjectStore('segments', { keyPath: 'segment_id' });
  segments.createIndex('session_id', 'session_id');

  // Apart from the rows: listing turns must not read audio.
  db.createObjectStore('chunks', { keyPath: ['segment_id', 'index'] });
  db.createObjectStore('audio', { keyPath: 'segment_id' });

  const transcripts = db.createObjectStore('transcripts', { keyPath: ['transcript_id', 'revision'] });
  transcripts.createIndex('session_id', 'session_id');

  // A key generator never gives a number twice, not even after the item has gone: `seq` names an item for good.
  const outbox = db.createObjectStore('outbox', { keyPath: 'seq', autoIncrement: true });
  outbox.createIndex('session_id', 'session_id');
}

/** 0.2: keys of sessions whose audio is encrypted on the device. Sessions that are here already have none. */
function toVersion2(db: IDBPDatabase<TurntapeSchema>): void {
  db.createObjectStore('keys', { keyPath: 'session_id' });
}

/** 0.3: the session file, its facts apart from its chunks. */
function toVersion3(db: IDBPDatabase<TurntapeSchema>): void {
  db.createObjectStore('session_files', { keyPath: 'session_id' });
  db.createObjectStore('session_chunks', { keyPath: ['session_id', 'lane', 'start'] });
}

/** 0.4: the outlines of files. Those of files that are here already are made when somebody wants to see them. */
function toVersion4(db: IDBPDatabase<TurntapeSchema>): void {
  db.createObjectStore('peaks', { keyPath: 'segment_id' });
}

/** 0.5: that the page of a session was left, apart from the session's row, which its engine writes. */
function toVersion5(db: IDBPDatabase<TurntapeSchema>): void {
  db.createObjectStore('page_exits', { keyPath: 'session_id' });
}

/**
 * 0.6: what an encrypted session says in words is encrypted, too. A cipher is asynchronous and this transaction would not
 * wait for it: each key that is here says what it covers so far, and `hideOlderWords` does the rest at the next start. An
 * older version would send words that it finds hidden as none: it does not open this database any more.
 */
function toVersion6(_db: IDBPDatabase<TurntapeSchema>, tx: UpgradeTransaction): void {
  const keys = tx.objectStore('keys');
  keys.createIndex('covers', 'covers');
  const mark = async (): Promise<void> => {
    for (let at = await keys.openCursor(); at; at = await at.continue())
      await at.update({ ...at.value, covers: 'audio' });
  };
  // A request that fails ends the upgrade: whoever opens the database hears of it.
  mark().catch(() => tx.abort());
}

/** 0.6: which sessions nobody has stopped. Of those that are here and have not ended nobody knows: they count as running. */
function toVersion7(db: IDBPDatabase<TurntapeSchema>, tx: UpgradeTransaction): void {
  const running = db.createObjectStore('running', { keyPath: 'session_id' });
  const mark = async (): Promise<void> => {
    for (const { session_id, state } of await tx.objectStore('sessions').getAll())
      if (state === 'active') await running.put({ session_id });
  };
  mark().catch(() => tx.abort());
}

/** 0.7: who reads of a session just now, and until when. Nobody did before. */
function toVersion8(db: IDBPDatabase<TurntapeSchema>): void {
  const holds = db.createObjectStore('holds', { keyPath: 'hold_id' });
  holds.createIndex('session_id', 'session_id');
}
