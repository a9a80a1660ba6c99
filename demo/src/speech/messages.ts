/** Page ⇄ speech worker. */

/** Say this. */
export interface SpeechRequest {
  id: number;
  text: string;
}

/** Where a word begins. */
export interface WordMark {
  /** Within its sentence's audio, in milliseconds. */
  atMs: number;
  /** Within its sentence's text, in characters. */
  position: number;
}

/** A sentence as audio. */
export interface SpokenSentence {
  text: string;
  /** 16 bit, mono. */
  pcm: Int16Array;
  /** In Hz. */
  sampleRate: number;
  durationMs: number;
  words: readonly WordMark[];
}

/** What the worker answers: once when it is ready, then once for each request. */
export type SpeechAnswer =
  | { type: 'ready' }
  | { type: 'spoken'; id: number; sentence: SpokenSentence }
  | { type: 'failed'; id: number | undefined; message: string };
