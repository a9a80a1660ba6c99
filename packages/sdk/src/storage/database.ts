import { type IDBPDatabase, type IDBPObjectStore, type IDBPTransaction, type StoreNames, openDB } from 'idb';
import { TurntapeError } from '../core/errors.ts';
import type { TurntapeSchema } from './rows.ts';
import { isAbort, toStorageError } from './storage-error.ts';
import { DATABASE_VERSION, upgrade } from './upgrades.ts';
import { Vault } from './vault.ts';

/** The name of the database when the app gives none. */
export const DATABASE_NAME = 'turntape';

/** The stores by name. */
export type StoreName = StoreNames<TurntapeSchema>;

/** A store within a transaction that may write. */
export type WritableStore<Name extends StoreName> = IDBPObjectStore<TurntapeSchema, StoreName[], Name, 'readwrite'>;

type ReadTransaction<Names extends StoreName[]> = IDBPTransaction<TurntapeSchema, Names>;
/** A transaction that may write. */
export type WriteTransaction<Names extends StoreName[]> = IDBPTransaction<TurntapeSchema, Names, 'readwrite'>;

/**
 * `strict`: on the disk when it settles, as far as the disk tells the truth. `relaxed`: with the operating system, which
 * writes it within seconds; it survives the death of the tab and of the browser, not the loss of power.
 */
export type Durability = 'strict' | 'relaxed';

/** What the opener may want to hear. */
export interface DatabaseOptions {
  /**
   * The connection has closed by itself. `upgraded`: another tab brings a newer version and must not wait for this one.
   * `terminated`: the browser closed it, as when the user clears site data. Every later call throws.
   */
  onClosed?: ((reason: 'upgraded' | 'terminated') => void) | undefined;
  /**
   * A write found the disk full: makes room, by the connection that it is given, and says whether it did. The write is then
   * tried once more.
   */
  makeRoom?: ((db: TurntapeDatabase) => Promise<boolean>) | undefined;
  /** So many bytes of audio were added to what is here. */
  onAppended?: ((bytes: number) => void) | undefined;
}

/** An open database. Every access of this room goes through `read` and `write`, so that every failure is a typed one. */
export class TurntapeDatabase {
  readonly #idb: IDBPDatabase<TurntapeSchema>;
  readonly #makeRoom: DatabaseOptions['makeRoom'];
  /** Audio was appended, in bytes. */
  readonly appended: (bytes: number) => void;
  /** Encrypts and decrypts audio on its way in and out. */
  readonly vault = new Vault(this);

  constructor(idb: IDBPDatabase<TurntapeSchema>, { makeRoom, onAppended }: DatabaseOptions = {}) {
    this.#idb = idb;
    this.#makeRoom = makeRoom;
    this.appended = (bytes) => onAppended?.(bytes);
  }

  /** Runs `work` in one reading transaction: it sees one state of the database. */
  read<Names extends StoreName[], Result>(
    stores: [...Names],
    work: (tx: ReadTransaction<Names>) => Promise<Result>,
  ): Promise<Result> {
    return inTransaction(() => this.#idb.transaction<Names>(stores), work);
  }

  /**
   * Runs `work` in one writing transaction and settles when it is committed. Whatever throws, in `work` or in the
   * database, undoes all of it. `work` may await nothing but this transaction. It is run again when the disk was full and
   * room could be made.
   */
  async write<Names extends StoreName[], Result>(
    stores: [...Names],
    durability: Durability,
    work: (tx: WriteTransaction<Names>) => Promise<Result>,
  ): Promise<Result> {
    const begin = () => this.#idb.transaction<Names, 'readwrite'>(stores, 'readwrite', { durability });
    try {
      return await inTransaction(begin, work);
    } catch (thrown) {
      const isFull = thrown instanceof TurntapeError && thrown.code === 'storage_full';
      // By another connection object: one that finds no room for its own work must not wait for itself.
      if (!isFull || !(await this.#makeRoom?.(new TurntapeDatabase(this.#idb)))) throw thrown;
      return inTransaction(begin, work);
    }
  }

  /** Closes the connection when the transactions under way have ended. */
  close(): void {
    this.#idb.close();
  }
}

/**
 * Opens the database of this origin, makes or upgrades it. A tab that still runs older code closes its connection at
 * once when a newer one asks, so no tab waits for another.
 * @throws TurntapeError `storage_unavailable`: no IndexedDB here (an old browser, a locked-down one), or a newer version
 * has been here; `storage_full`.
 */
export async function openTurntapeDatabase(
  name: string = DATABASE_NAME,
  options: DatabaseOptions = {},
): Promise<TurntapeDatabase> {
  if (globalThis.indexedDB === undefined)
    throw new TurntapeError('storage_unavailable', 'this browser gives this page no IndexedDB');
  try {
    const idb: IDBPDatabase<TurntapeSchema> = await openDB<TurntapeSchema>(name, DATABASE_VERSION, {
      upgrade: (db, oldVersion, _newVersion, tx) => upgrade(db, oldVersion, tx),
      blocking() {
        idb.close();
        options.onClosed?.('upgraded');
      },
      terminated: () => options.onClosed?.('terminated'),
    });
    return new TurntapeDatabase(idb, options);
  } catch (thrown) {
    throw toStorageError(thrown, 'storage_unavailable');
  }
}

async function inTransaction<Tx extends { done: Promise<void>; abort(): void }, Result>(
  begin: () => Tx,
  work: (tx: Tx) => Promise<Result>,
): Promise<Result> {
  let tx: Tx;
  try {
    tx = begin();
  } catch (thrown) {
    throw toStorageError(thrown);
  }
  // Listened to from the start: a transaction may fail while `work` still runs.
  const failure = tx.done.then(
    () => undefined,
    (thrown: unknown) => ({ thrown }),
  );
  let result: Result;
  try {
    result = await work(tx);
  } catch (thrown) {
    abort(tx);
    const failed = await failure;
    // A request that dies with its transaction says AbortError; why is said by the transaction (a full disk, say).
    throw toStorageError(isAbort(thrown) && failed ? failed.thrown : thrown);
  }
  const failed = await failure;
  if (failed) throw toStorageError(failed.thrown);
  return result;
}

function abort(tx: { abort(): void }): void {
  try {
    tx.abort();
  } catch (thrown) {
    // It has ended by itself: nothing is left to undo.
    if (!(thrown instanceof DOMException && thrown.name === 'InvalidStateError')) throw thrown;
  }
}
