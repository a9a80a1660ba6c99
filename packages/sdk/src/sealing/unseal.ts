import { assembleFile } from '../codecs/assemble-file.ts';
import { TurntapeError } from '../core/errors.ts';
import { decryptRecord } from '../storage/record-cipher.ts';
import { info, suite } from './hpke.ts';
import { type SealFacts, type SealedFile, readSealedFile } from './sealed-file.ts';

export { isSealed } from '../core/seal.ts';
export { readSealedFile } from './sealed-file.ts';
export type { SealFacts, SealedFile, SealedRecord } from './sealed-file.ts';

/** What was in a sealed file. */
export interface Unsealed extends SealFacts {
  /** The playable file, of `format`. */
  file: Uint8Array<ArrayBuffer>;
  /** True when a crash left it unfinished: the file was built from its chunks here. */
  recovered: boolean;
}

/** A private X25519 key as a JWK. Keep it where the backend keeps its secrets: what was sealed for it is lost with it. */
export interface SealPrivateKey {
  kty: 'OKP';
  crv: 'X25519';
  /** The public half, base64url. */
  x: string;
  /** The private half, base64url. */
  d: string;
}

/** A new pair for sealed recordings, X25519: the public key as base64url for `encryption.publicKey`, the private one as a JWK. */
export async function generateSealKeys(): Promise<{ publicKey: string; privateKey: SealPrivateKey }> {
  const pair = await suite.kem.generateKeyPair();
  const { x = '', d = '' } = await crypto.subtle.exportKey('jwk', pair.privateKey);
  return { publicKey: x, privateKey: { kty: 'OKP', crv: 'X25519', x, d } };
}

/**
 * Opens a sealed file with the backend's private key. Runs in Node 20 and later, and in browsers.
 * @throws TurntapeError `unsupported_format`: it is no sealed file; `invalid_argument` with the field `privateKey`: it is no
 * X25519 key, or not the one that this file was sealed for; `undecryptable`: its bytes were changed.
 */
export async function unseal(bytes: Uint8Array<ArrayBuffer>, privateKey: SealPrivateKey): Promise<Unsealed> {
  const sealed = readSealedFile(bytes);
  const { facts, records } = sealed;
  const key = await segmentKey(sealed, privateKey);
  const { segmentId } = facts;
  const opened: ArrayBuffer[] = [];
  for (const [index, record] of records.entries())
    opened.push(await decryptRecord(key, { segmentId, kind: record.kind, index }, record.bytes.slice().buffer));
  const [first] = opened;
  if (first && records[0]?.kind === 'audio') return { ...facts, file: new Uint8Array(first), recovered: false };
  const { format, sampleRate } = facts;
  return { ...facts, file: assembleFile({ format, sampleRate, chunks: opened }).file, recovered: true };
}

async function segmentKey(sealed: SealedFile, privateKey: SealPrivateKey): Promise<CryptoKey> {
  const { opening, encapsulated, wrapped } = sealed;
  try {
    const recipientKey = await suite.kem.importKey('jwk', privateKey, false);
    const raw = await suite.open(
      { recipientKey, enc: encapsulated.slice().buffer, info },
      wrapped.slice().buffer,
      opening.slice().buffer,
    );
    return await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['decrypt']);
  } catch (cause) {
    const id = sealed.facts.keyId;
    const message = `this private key does not open the file${id === null ? '' : `, which was sealed for '${id}'`}`;
    throw new TurntapeError('invalid_argument', message, { field: 'privateKey', cause });
  }
}
