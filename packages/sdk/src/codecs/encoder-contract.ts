/** Where full chunks go, in order. The buffer is the receiver's: it may be transferred. */
export type ChunkSink = (bytes: ArrayBuffer) => void;

/** Encodes one segment: mono samples in, chunks out for `assembleFile`. */
export interface SegmentEncoder {
  /** How the file is made: goes into the segment's `capture.encoder`. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** Samples written so far: what the finished file decodes to. */
  readonly samples: number;
  /** Of those, how many are in no chunk yet. Grows past a chunk only when the encoder is slower than the audio. */
  readonly queuedSamples: number;
  /** Takes the next samples; the array is copied. Throws `turn_ended` after {@link finish} or {@link close}. */
  write(samples: Float32Array): void;
  /** Puts what is whole (samples, packets) into a chunk now, however short. No file changes by it. */
  flush(): void;
  /** Settles when everything written is in a chunk. Rejects with what `onError` was told, `aborted` after a close. */
  finish(): Promise<void>;
  /** Frees the encoder; no chunk comes after it. Harmless after {@link finish} and when repeated. */
  close(): void;
}
