import type { Epoch } from './timeline.ts';

/** A record of consent: who agreed, to which text, and when. It travels with the session. */
export interface Consent {
  subject: string;
  textVersion: string;
  /** Milliseconds since 1970. */
  grantedAt: number;
}

/** `active`: the engine holds its lock. `ended`: stopped. `recovered`: finished from its chunks at a later start. */
export type SessionState = 'active' | 'ended' | 'recovered';

/** One voice conversation, from start to stop: the facts the backend gets at its start and again at its end. */
export interface SessionFacts {
  sessionId: string;
  startedAt: number;
  endedAt: number | null;
  endReason: 'session_stop' | 'page_exit' | 'crash' | null;
  state: SessionState;
  /** The app's own, as given to `startSession`. Plain JSON. */
  metadata: Readonly<Record<string, unknown>>;
  consent: Consent | null;
  epochs: readonly Epoch[];
  schema: 1;
}

/** A word of what the bot was given to say, and where in that audio it is spoken. */
export interface TranscriptWord {
  /** As it stands in the text, or as the voice service spells it; a single character where the service times those. */
  text: string;
  /** Milliseconds from the start of what was generated: for the utterance that the entry names, else for the turn. */
  startMs: number;
  endMs: number;
}

/** What was said, bound to a turn by its id or by the voice stack's own. */
export interface Transcript {
  transcriptId: string;
  sessionId: string;
  turnId: string | null;
  externalId: string | null;
  role: 'user' | 'assistant';
  /** What the app gave: of the bot, what was generated. */
  text: string;
  /** Of the bot: the utterance in whose audio the words have their times. Null: in that of the turn. */
  utteranceId: string | null;
  /** The words of `text` with their times, as the app gave them. */
  words: readonly TranscriptWord[] | null;
  /**
   * Of the bot: the text as far as it was heard, up to and with the word in which the sound ended. `''`: nothing was. Null: the
   * turn is not over, or it was cut and the words have no times; an estimate is not made up.
   */
  heardText: string | null;
  /** Index in `words` of the word in which the sound ended, the last of `heardText`. Null: it ended between words, or was not cut. */
  cutWord: number | null;
  /** How much was heard of the audio in which the words have their times, in milliseconds. Null: not known, or not asked. */
  heardMs: number | null;
  language: string | null;
  /** The speaker was cut before the end of it: by word of the app, or because we cut the turn. */
  interrupted: boolean;
  /** Wall time of the words, milliseconds since 1970. */
  occurredAt: number;
  /** 1, and one more each time the same transcript is corrected. The highest wins. */
  revision: number;
  schema: 1;
}
