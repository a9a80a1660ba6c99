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

/** What an operator may have done with what is stored. Each is a job: tried again until it works or was given up. */
export interface ServerHooks {
  /** Turns a segment into words; they become a transcript of its turn. Undefined: there were none. */
  transcribe?: (job: SegmentJob) => Promise<Transcribed | undefined>;
}
