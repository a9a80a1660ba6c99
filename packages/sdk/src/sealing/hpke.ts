import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { SEAL_INFO } from './sealed-file.ts';

/** The one cipher suite of sealed files: see `sealed-file.ts`. */
export const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

/** HPKE's `info`, as it wants it. */
export const info: ArrayBuffer = new TextEncoder().encode(SEAL_INFO).buffer;
