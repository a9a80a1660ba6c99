/** `capture.sealed.scheme` of a segment whose file only the backend can open; the format is that of `sealing/sealed-file.ts`. */
export const SEAL_SCHEME = 'turntape-seal-1';

/** What a sealed file begins with: `TTSEAL`, 0, version 1. */
export const SEAL_MAGIC: readonly number[] = Object.freeze([0x54, 0x54, 0x53, 0x45, 0x41, 0x4c, 0, 1]);

/** True for bytes that begin as a sealed file does. */
export function isSealed(file: Uint8Array): boolean {
  return SEAL_MAGIC.every((byte, index) => file[index] === byte);
}
