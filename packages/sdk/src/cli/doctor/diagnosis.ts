/** What the doctor found in one file, and what it made of it. */
export interface Diagnosis {
  /** What the file is, in a few words; `unknown` for what the doctor does not treat. */
  kind: 'wav' | 'ogg-opus' | 'unknown';
  /** What is wrong, one sentence each. None: the file is sound. */
  found: readonly string[];
  /** What was done about it, one sentence each. */
  done: readonly string[];
  /** The file anew; undefined: it is sound, or nothing can be done. */
  repaired: Uint8Array | undefined;
}

/** What the caller knows of a file that has lost its header. */
export interface KnownFormat {
  /** In Hz. */
  sampleRate: number | undefined;
  numChannels: 1 | 2;
}
