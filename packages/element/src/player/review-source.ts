import type { Peaks } from 'turntape';
import type { ReviewPart, ReviewSession } from './review-session.ts';

/** A file to be handed to a person. */
export interface ReviewFile {
  blob: Blob;
  /** With its extension. */
  name: string;
}

/** Where a session is read from. Reject with an error that has a `code`: the player has plain words for each. */
export interface ReviewSource {
  /** The session, or undefined: it is not there. */
  load(options: { signal: AbortSignal }): Promise<ReviewSession | undefined>;
  /** The file of a part, or undefined: it is not there any more. */
  audio(part: ReviewPart, options: { signal: AbortSignal }): Promise<ArrayBuffer | undefined>;
  /** Its outline, where that is kept. Absent, or a rejection: the player makes it from the audio. */
  peaks?(part: ReviewPart, options: { signal: AbortSignal }): Promise<Peaks | undefined>;
  /** The whole conversation in one file. */
  sessionFile?(options: { signal: AbortSignal }): Promise<ReviewFile>;
  /** Everything of the session, in one archive. */
  bundle?(options: { signal: AbortSignal }): Promise<ReviewFile>;
}

/** A failure with a code of its own. `not_found`: no such session; the others are those of `TurntapeError`. */
export class ReviewError extends Error {
  override readonly name = 'ReviewError' as const;
  readonly code: 'not_found' | 'unauthorized' | 'network' | 'server_error';

  constructor(code: ReviewError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Told, not thrown: the session is there, its sound is not to be had here. */
export class SealedAudio extends Error {
  readonly code = 'audio_sealed';
  constructor() {
    super('these files are sealed: only the backend can open them');
  }
}
