import { TurntapeError } from '../core/errors.ts';

/**
 * Encryption of single records: AES-256-GCM, a nonce of its own for each. The place of a record is authenticated with it,
 * so that no record can be put in the place of another. Byte by byte:
 *
 * | offset | bytes | what |
 * |---|---|---|
 * | 0 | 1 | version of this format: 1 |
 * | 1 | 12 | nonce, random |
 * | 13 | n | ciphertext, as long as the record |
 * | 13 + n | 16 | tag |
 *
 * Additional data: UTF-8 of `turntape record 1`, the id of what it belongs to, the kind and the index, joined by line feeds.
 * | kind | id | index | the record |
 * |---|---|---|---|
 * | `chunk`, `audio`, `peaks` | the segment's | of a chunk; else 0 | its bytes |
 * | `transcript` | the transcript's | its revision | UTF-8 of `{"text":…,"language":…,"words":…,"heard_text":…}` |
 * | `session` | the session's | 0 | UTF-8 of `{"metadata":…,"consent":…}` |
 */
const VERSION = 1;
const NONCE_BYTES = 12;
const HEAD_BYTES = 1 + NONCE_BYTES;

/** What a record is: authenticated, not secret. */
export interface RecordPlace {
  /** What it is of: a segment, as a rule; a transcript or a session for the words of theirs. */
  segmentId: string;
  kind: 'chunk' | 'audio' | 'peaks' | 'transcript' | 'session';
  /** Of a chunk; the revision of a transcript; 0 for everything else. */
  index: number;
}

/** A new key that no script can read, ours included: WebCrypto uses it and never gives it out. */
export function newRecordKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

/** The record, encrypted for its place. */
export async function encryptRecord(key: CryptoKey, place: RecordPlace, bytes: ArrayBuffer): Promise<ArrayBuffer> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const secret = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv: nonce, additionalData: additionalData(place) },
    key,
    bytes,
  );
  const record = new Uint8Array(HEAD_BYTES + secret.byteLength);
  record[0] = VERSION;
  record.set(nonce, 1);
  record.set(new Uint8Array(secret), HEAD_BYTES);
  return record.buffer;
}

/**
 * The record as it was given.
 * @throws TurntapeError `undecryptable`: another key, another place, another version, or changed bytes.
 */
export async function decryptRecord(key: CryptoKey, place: RecordPlace, record: ArrayBuffer): Promise<ArrayBuffer> {
  const view = new Uint8Array(record);
  if (view[0] !== VERSION) throw unreadable(place, `its format ${view[0]} is not known to this version`);
  try {
    return await crypto.subtle.decrypt(
      { name: 'AES-GCM', iv: view.subarray(1, HEAD_BYTES), additionalData: additionalData(place) },
      key,
      view.subarray(HEAD_BYTES),
    );
  } catch (cause) {
    throw unreadable(place, 'its key is another, or its bytes were changed', cause);
  }
}

function additionalData({ segmentId, kind, index }: RecordPlace): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(['turntape record 1', segmentId, kind, index].join('\n'));
}

function unreadable({ segmentId, kind, index }: RecordPlace, why: string, cause?: unknown): TurntapeError {
  return new TurntapeError('undecryptable', `${kind} ${index} of ${segmentId} cannot be decrypted: ${why}`, { cause });
}
