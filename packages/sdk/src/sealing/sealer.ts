import { TurntapeError } from '../core/errors.ts';
import { encryptRecord } from '../storage/record-cipher.ts';
import { info, suite } from './hpke.ts';
import { type SealFacts, writeOpening, writeSealedFile } from './sealed-file.ts';

/** Loaded by the engine when a session is sealed: `dist/sealer.js`. */

/** A segment that is being sealed: its key, until it is kept, and the head of its file. */
export interface OpenSeal {
  key: CryptoKey;
  head: ArrayBuffer;
}

/** Makes the keys of segments, each wrapped for one public key. */
export interface Sealer {
  /** A fresh key for a segment. It cannot be read by anything here; wrapped, it stands in the head. */
  open(facts: Omit<SealFacts, 'keyId'>): Promise<OpenSeal>;
}

/**
 * A sealer for a backend's public key, X25519, its 32 bytes as base64url.
 * @throws TurntapeError `invalid_option`: it is no such key, or this browser has no X25519.
 */
export async function createSealer(publicKey: string, keyId: string | null): Promise<Sealer> {
  const recipient = await importPublicKey(publicKey);
  return {
    async open(facts) {
      const raw = crypto.getRandomValues(new Uint8Array(32));
      const opening = writeOpening({ ...facts, keyId });
      const { enc, ct } = await suite.seal({ recipientPublicKey: recipient, info }, raw.buffer, opening.buffer);
      const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
      raw.fill(0);
      return { key, head: await new Blob([opening, enc, ct]).arrayBuffer() };
    },
  };
}

/** The sealed file of a finished one. */
export async function sealFile(
  { key, head }: OpenSeal,
  segmentId: string,
  file: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const record = await encryptRecord(key, { segmentId, kind: 'audio', index: 0 }, file.slice().buffer);
  return writeSealedFile(head, [{ kind: 'audio', bytes: new Uint8Array(record) }]);
}

async function importPublicKey(publicKey: string): Promise<CryptoKey> {
  try {
    const raw = Uint8Array.from(atob(publicKey.replaceAll('-', '+').replaceAll('_', '/')), (char) =>
      char.charCodeAt(0),
    );
    return await suite.kem.importKey('raw', raw.buffer, true);
  } catch (cause) {
    const message =
      'encryption.publicKey must be an X25519 public key, 32 bytes as base64url, in a browser that has X25519';
    throw new TurntapeError('invalid_option', message, { field: 'encryption.publicKey', cause });
  }
}
