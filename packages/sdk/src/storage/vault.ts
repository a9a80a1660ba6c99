import { TurntapeError } from '../core/errors.ts';
import type { TurntapeDatabase } from './database.ts';
import { type RecordPlace, decryptRecord, encryptRecord } from './record-cipher.ts';

/** Bytes as they lie in a store. */
export interface StoredBytes {
  bytes: ArrayBuffer;
  /** True: they are a record of `record-cipher.ts`. Absent: as they were given. */
  encrypted?: true;
}

/**
 * Between the audio of a database and its stores: encrypts what goes in when its session has a key, or its segment has one
 * of its own, and decrypts what comes out. WebCrypto is asynchronous and a transaction would not wait for it, so this
 * happens before a transaction or behind it.
 */
export class Vault {
  readonly #db: TurntapeDatabase;
  readonly #sessions = new Map<string, Promise<CryptoKey | undefined>>();
  readonly #homes = new Map<string, string>();
  readonly #segments = new Map<string, CryptoKey>();

  constructor(db: TurntapeDatabase) {
    this.#db = db;
  }

  /** A segment is being recorded: of this session and, when it is sealed, under a key of its own. */
  opened(segmentId: string, sessionId: string, key?: CryptoKey): void {
    this.#homes.set(segmentId, sessionId);
    if (key) this.#segments.set(segmentId, key);
  }

  /** Its last record is written: a key of its own is forgotten, and nobody on this device reads the segment again. */
  closed(segmentId: string): void {
    this.#homes.delete(segmentId);
    this.#segments.delete(segmentId);
  }

  /** The key of a session may be another from now on, or none. */
  forget(sessionId?: string): void {
    if (sessionId === undefined) this.#sessions.clear();
    else this.#sessions.delete(sessionId);
  }

  /** The bytes as they are to be stored. */
  async encrypt(place: RecordPlace, bytes: ArrayBuffer, sessionId?: string): Promise<StoredBytes> {
    const key = await this.#keyOf(place.segmentId, sessionId);
    return key ? { bytes: await encryptRecord(key, place, bytes), encrypted: true } : { bytes };
  }

  /**
   * The bytes as they were given.
   * @throws TurntapeError `storage_failed`: their key is not here (erased, or of a sealed segment).
   */
  async decrypt(place: RecordPlace, { bytes, encrypted }: StoredBytes): Promise<ArrayBuffer> {
    if (!encrypted) return bytes;
    const key = await this.#keyOf(place.segmentId);
    if (key) return decryptRecord(key, place, bytes);
    throw new TurntapeError('storage_failed', `the key of segment ${place.segmentId} is not on this device`);
  }

  async #keyOf(segmentId: string, given?: string): Promise<CryptoKey | undefined> {
    const own = this.#segments.get(segmentId);
    if (own) return own;
    const sessionId = given ?? this.#homes.get(segmentId) ?? (await this.#sessionOf(segmentId));
    if (sessionId === undefined) return undefined;
    const known = this.#sessions.get(sessionId) ?? this.#readKey(sessionId);
    this.#sessions.set(sessionId, known);
    const key = await known.catch((thrown: unknown) => {
      this.#sessions.delete(sessionId);
      throw thrown;
    });
    // Another thread may give the session a key later: having none is not remembered.
    if (!key && given === undefined && !this.#homes.has(segmentId)) this.#sessions.delete(sessionId);
    return key;
  }

  #readKey(sessionId: string): Promise<CryptoKey | undefined> {
    return this.#db.read(['keys'], async (tx) => (await tx.objectStore('keys').get(sessionId))?.key);
  }

  #sessionOf(segmentId: string): Promise<string | undefined> {
    return this.#db.read(['segments'], async (tx) => (await tx.objectStore('segments').get(segmentId))?.session_id);
  }
}
