import type { AccessScope } from '../access/access.ts';
import type { SegmentFacts } from '../wire/segment.ts';

/** What was said in a segment, as a recogniser heard it. */
export interface Transcribed {
  text: string;
  language?: string | undefined;
  /** 0 to 1. */
  confidence?: number | undefined;
}

/** A stored segment, to be worked on. */
export interface SegmentJob {
  segment: SegmentFacts;
  audio: Uint8Array;
  /** Aborted when the server closes; the job is done again later. */
  signal: AbortSignal;
}

/** Who asks for what. */
export interface AuthorizeRequest {
  /** Of the token: the app's user or service. */
  subject: string;
  /** A session's id, or `*`. */
  sessionId: string;
  scopes: readonly AccessScope[];
  method: string;
  path: string;
}

/** What an operator may have a say in. */
export interface ServerHooks {
  /**
   * Asked about every request with a good token, before anything is read: false refuses it with 403. For what a token cannot
   * know: a user who was removed from the room, a participant who may not be recorded. One that throws is 503.
   */
  authorize?: (asked: AuthorizeRequest) => boolean | Promise<boolean>;
  /**
   * Turns a segment into words; they become a transcript of its turn. Undefined: there were none. A job: tried again until it
   * works or was given up.
   */
  transcribe?: (job: SegmentJob) => Promise<Transcribed | undefined>;
}
