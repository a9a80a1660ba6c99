/**
 * Where a session stands among all sessions, 0 … 1, from its id alone: the same after a reload, on every device and in every
 * version. FNV-1a over the id in lower case, then the finalizer of MurmurHash3, since ids that differ in the last character
 * alone would lie side by side.
 */
export function samplePoint(sessionId: string): number {
  let hash = 0x811c9dc5;
  for (const character of sessionId.toLowerCase()) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** True for so many of all sessions. Whoever is sampled at one ratio is sampled at every higher one. */
export function isSampled(sessionId: string, ratio: number): boolean {
  return samplePoint(sessionId) < ratio;
}
