/** The backend's proof that it has a segment. The client compares hash and size with its own before it lets go. */
export interface Receipt {
  segment_id: string;
  sha256: string;
  byte_size: number;
  /** Opaque: where the backend put it. */
  audio_url?: string;
}
