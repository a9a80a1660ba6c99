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

/** What was said, bound to a turn by its id or by the voice stack's own. */
export interface Transcript {
  transcriptId: string;
  sessionId: string;
  turnId: string | null;
  externalId: string | null;
  role: 'user' | 'assistant';
  text: string;
  language: string | null;
  interrupted: boolean;
  /** Wall time of the words, milliseconds since 1970. */
  occurredAt: number;
  /** 1, and one more each time the same transcript is corrected. The highest wins. */
  revision: number;
  schema: 1;
}
