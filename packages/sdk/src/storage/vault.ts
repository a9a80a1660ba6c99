import { TurntapeError } from '../core/errors.ts';
import type { TurntapeDatabase } from './database.ts';
import { type RecordPlace, decryptRecord, encryptRecord } from './record-cipher.ts';

/** Bytes as they lie in a store. */
export interface StoredBytes {
  bytes: ArrayBuffer;
  /** True: they are a record of `record-cipher.ts`. Absent: as they were given. */
  encrypted?: true;
}

/** The key of a segment that is being recorded. */
interface OpenKey {
  key: CryptoKey | undefined;
  /** It is the segment's own, and its file comes encrypted already. */
  sealed: boolean;
}

/**
 * Between the audio of a database and its stores (`words.ts` has the words): encrypts what goes in when its session has a key, or its segment has one
 * of its own, and decrypts what comes out. WebCrypto is asynchronous and a transaction would not wait for it, so this
 * happens before a transaction or behind it.
 */
export class Vault {
  readonly #db: TurntapeDatabase;
  readonly #open = new Map<string, OpenKey>();

  constructor(db: TurntapeDatabase) {
    this.#db = db;
  }

  /** A segment is being recorded, under this key or none. It is not asked for again with every chunk. */
  opened(segmentId: string, key: OpenKey): void {
    this.#open.set(segmentId, key);
  }

  /** Its last record is written. Nobody on this device can read a sealed one from here on. */
  closed(segmentId: string): void {
    this.#open.delete(segmentId);
  }

  /** The bytes as they are to be stored. `sessionId` where the segment's row may not be there yet. */
  async encrypt(place: RecordPlace, bytes: ArrayBuffer, sessionId?: string): Promise<StoredBytes> {
    const open = this.#open.get(place.segmentId);
    if (open?.sealed && place.kind === 'audio') return { bytes };
    const key = open ? open.key : await this.#readKey(place.segmentId, sessionId);
    return key ? { bytes: await encryptRecord(key, place, bytes), encrypted: true } : { bytes };
  }

  /**
   * The bytes as they were given. `sessionId` of what belongs to no segment.
   * @throws TurntapeError `undecryptable`: their key is not here (erased, or of a sealed segment).
   */
  async decrypt(place: RecordPlace, { bytes, encrypted }: StoredBytes, sessionId?: string): Promise<ArrayBuffer> {
    if (!encrypted) return bytes;
    const key = this.#open.get(place.segmentId)?.key ?? (await this.#readKey(place.segmentId, sessionId));
    if (key) return decryptRecord(key, place, bytes);
    throw new TurntapeError('undecryptable', `the key of segment ${place.segmentId} is not on this device`);
  }

  #readKey(segmentId: string, given?: string): Promise<CryptoKey | undefined> {
    return this.#db.read(['segments', 'keys'], async (tx) => {
      const sessionId = given ?? (await tx.objectStore('segments').get(segmentId))?.session_id;
      const row = sessionId === undefined ? undefined : await tx.objectStore('keys').get(sessionId);
      return row?.covers === 'words' ? undefined : row?.key;
    });
  }
}
