import type { Readable } from 'node:stream';
import type { ReceivedBody } from './received-body.ts';

/** Bytes under a key. Keys are made of checked UUIDs only. */
export interface Blob {
  /** `recordings/{session_id}/…` */
  key: string;
  bytes: Uint8Array | ReceivedBody;
  /** For a store that keeps one with the object. Default: told by the key's extension. */
  contentType?: string;
}

/** An inclusive range of bytes. */
export interface ByteRange {
  first: number;
  last: number;
}

/** A file that a store holds. */
export interface StoredBlob {
  key: string;
  byteSize: number;
  /** When it was last written, in milliseconds since 1970. */
  modifiedAtMs: number;
}

/** An address that takes the bytes of one object from somebody without credentials. */
export interface PresignedPut {
  url: string;
  /** To be sent exactly so; the store refuses others. */
  headers: Readonly<Record<string, string>>;
}

/** Where files are: a folder on disk or an object store. A store that does not answer throws {@link StoreError}. */
export interface BlobStore {
  /**
   * Stores files of one folder, in the order given. When it settles they survive a power cut, whole or not at all each;
   * a file that was there is replaced. A {@link ReceivedBody} may be moved away: it is put once.
   */
  put(blobs: readonly Blob[]): Promise<void>;
  /** Bytes of a file, or undefined when there is none. */
  size(key: string): Promise<number | undefined>;
  /** The file, or a range of it. Fails on the stream when there is none. */
  read(key: string, range?: ByteRange): Readable;
  /** Deletes files; one that is not there is no failure. When it settles they are gone for good. */
  remove(keys: readonly string[]): Promise<void>;
  /** Every file whose key begins so, in no order that is promised. `prefix` ends with a slash. */
  list(prefix: string): AsyncIterable<StoredBlob>;
  /** Throws when files cannot be written here now. */
  probe(): Promise<void>;
  /**
   * A folder on the store's own disk where large uploads wait, so that they are only moved to their place; undefined: they wait
   * in a temporary file without a name.
   */
  readonly waitingFolder?: string;
  /** How a row names the file: a path or an object's URI, never signed. */
  url(key: string): string;
  /** Where a client may put one object by itself; undefined for a store that it cannot reach. */
  readonly presignPut?: (
    key: string,
    facts: { contentType: string; byteSize: number; seconds: number },
  ) => Promise<PresignedPut>;
  /** Bytes that files take here and bytes that are free, where that can be told. */
  readonly room?: () => Promise<{ freeBytes: number }>;
}

/** The store did not do what was asked, and may do so later. */
export class StoreError extends Error {
  override readonly name = 'StoreError' as const;
  /** HTTP status of an object store; undefined when there was no answer. */
  readonly status: number | undefined;

  constructor(message: string, detail: { status?: number; cause?: unknown } = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.status = detail.status;
  }
}
