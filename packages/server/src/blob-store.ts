import type { Readable } from 'node:stream';

/** Bytes under a key. Keys are made of checked UUIDs only. */
export interface Blob {
  /** `recordings/{session_id}/…` */
  key: string;
  bytes: Uint8Array;
}

/** An inclusive range of bytes. */
export interface ByteRange {
  first: number;
  last: number;
}

/** Where files are. The folder on disk is one; an object store can be another. */
export interface BlobStore {
  /**
   * Stores files of one folder, in the order given. When it settles they survive a power cut, whole or not at all each;
   * a file that was there is replaced.
   */
  put(blobs: readonly Blob[]): Promise<void>;
  /** Bytes of a file, or undefined when there is none. */
  size(key: string): Promise<number | undefined>;
  /** The file, or a range of it. Fails on the stream when there is none. */
  read(key: string, range?: ByteRange): Readable;
  /** How a row names the file: a path or an object's URI, never signed. */
  url(key: string): string;
}
