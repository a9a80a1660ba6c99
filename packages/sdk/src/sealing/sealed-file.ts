import { TurntapeError } from '../core/errors.ts';
import { SEAL_MAGIC, isSealed } from '../core/seal.ts';
import type { SegmentFormat } from '../core/segment.ts';

/**
 * A sealed file: what a device delivers and cannot read. Byte by byte, numbers big-endian:
 *
 * | offset | bytes | what |
 * |---|---|---|
 * | 0 | 8 | `TTSEAL`, 0, version 1 |
 * | 8 | 4 | length j of the facts |
 * | 12 | j | the facts, JSON in UTF-8: `segment_id`, `format`, `sample_rate`, `key_id` (string or null) |
 * | 12 + j | 32 | HPKE encapsulated key |
 * | 44 + j | 48 | the segment's AES-256 key, sealed by HPKE |
 * | 92 + j | … | records: 1 byte kind (1 the file, 2 a chunk of a file that a crash left unfinished), 4 bytes length, the record |
 *
 * HPKE (RFC 9180): base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM; info `turntape seal 1`; additional data
 * are the bytes before the encapsulated key. Records are those of `storage/record-cipher.ts`, under the segment's key.
 */
const ENCAPSULATED_BYTES = 32;
const WRAPPED_BYTES = 48;
const RECORD_HEAD_BYTES = 5;

/** HPKE's `info`. */
export const SEAL_INFO = 'turntape seal 1';

/** What a sealed file says in the open. */
export interface SealFacts {
  segmentId: string;
  /** Of the file within. */
  format: SegmentFormat;
  /** Of the file within, decoded, in Hz. */
  sampleRate: number;
  /** Which of the backend's keys opens it: the app's own name for it, or null. */
  keyId: string | null;
}

/** One record of a sealed file. */
export interface SealedRecord {
  kind: 'audio' | 'chunk';
  bytes: Uint8Array;
}

/** A sealed file, taken apart and not opened. */
export interface SealedFile {
  facts: SealFacts;
  /** The bytes that HPKE authenticates. */
  opening: Uint8Array<ArrayBuffer>;
  encapsulated: Uint8Array<ArrayBuffer>;
  wrapped: Uint8Array<ArrayBuffer>;
  records: readonly SealedRecord[];
}

/** The first part of the head: what is said in the open. */
export function writeOpening({ segmentId, format, sampleRate, keyId }: SealFacts): Uint8Array<ArrayBuffer> {
  const facts = { segment_id: segmentId, format, sample_rate: sampleRate, key_id: keyId };
  const json = new TextEncoder().encode(JSON.stringify(facts));
  const opening = new Uint8Array(SEAL_MAGIC.length + 4 + json.length);
  opening.set(SEAL_MAGIC);
  new DataView(opening.buffer).setUint32(SEAL_MAGIC.length, json.length);
  opening.set(json, SEAL_MAGIC.length + 4);
  return opening;
}

/** A whole sealed file: the head, and records behind it. */
export function writeSealedFile(head: ArrayBuffer, records: readonly SealedRecord[]): Uint8Array<ArrayBuffer> {
  const size = records.reduce((sum, { bytes }) => sum + RECORD_HEAD_BYTES + bytes.length, head.byteLength);
  const file = new Uint8Array(size);
  const view = new DataView(file.buffer);
  file.set(new Uint8Array(head));
  let offset = head.byteLength;
  for (const { kind, bytes } of records) {
    view.setUint8(offset, kind === 'audio' ? 1 : 2);
    view.setUint32(offset + 1, bytes.length);
    file.set(bytes, offset + RECORD_HEAD_BYTES);
    offset += RECORD_HEAD_BYTES + bytes.length;
  }
  return file;
}

/**
 * Takes a sealed file apart.
 * @throws TurntapeError `unsupported_format`: it is none, of another version, or cut off.
 */
export function readSealedFile(file: Uint8Array<ArrayBuffer>): SealedFile {
  if (!isSealed(file)) throw damaged('it does not begin as one of version 1 does');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let offset = 0;
  const take = (bytes: number, what: string): Uint8Array<ArrayBuffer> => {
    if (offset + bytes > file.length) throw damaged(`it ends within ${what}`);
    offset += bytes;
    return file.subarray(offset - bytes, offset);
  };
  take(SEAL_MAGIC.length + 4, 'its head');
  const facts = readFacts(take(view.getUint32(SEAL_MAGIC.length), 'its facts'));
  const opening = file.subarray(0, offset);
  const encapsulated = take(ENCAPSULATED_BYTES, 'its key');
  const wrapped = take(WRAPPED_BYTES, 'its key');
  const records: SealedRecord[] = [];
  while (offset < file.length) {
    const kind = take(RECORD_HEAD_BYTES, 'a record')[0] === 1 ? 'audio' : 'chunk';
    records.push({ kind, bytes: take(view.getUint32(offset - 4), 'a record') });
  }
  return { facts, opening, encapsulated, wrapped, records };
}

function readFacts(json: Uint8Array): SealFacts {
  try {
    const given = JSON.parse(new TextDecoder().decode(json)) as Record<string, unknown>;
    const { segment_id, format, sample_rate, key_id } = given;
    if (typeof segment_id !== 'string' || typeof format !== 'string' || typeof sample_rate !== 'number')
      throw damaged('its facts lack segment_id, format or sample_rate');
    return {
      segmentId: segment_id,
      format: format as SegmentFormat,
      sampleRate: sample_rate,
      keyId: typeof key_id === 'string' ? key_id : null,
    };
  } catch (cause) {
    throw cause instanceof TurntapeError ? cause : damaged('its facts are no JSON', cause);
  }
}

function damaged(why: string, cause?: unknown): TurntapeError {
  return new TurntapeError('unsupported_format', `this is no sealed file: ${why}`, { field: 'file', cause });
}
