import type { Session, SessionEvents } from 'turntape';

/** One event of a session, with its name. */
export type SessionNews = {
  [Type in keyof SessionEvents]: { type: Type; event: SessionEvents[Type] };
}[keyof SessionEvents];

/** Every event of a session. A record, so that the compiler misses none. */
const EVENTS: Readonly<Record<keyof SessionEvents, true>> = {
  client_vad_start: true,
  client_vad_stop: true,
  'turn-start': true,
  'turn-end': true,
  interruption: true,
  'segment-kept': true,
  'segment-sent': true,
  'segment-acknowledged': true,
  'segment-rejected': true,
  'segment-discarded': true,
  transcript: true,
  microphone: true,
  level: true,
  gap: true,
  integrity: true,
  mute: true,
  deafen: true,
  volume: true,
  redaction: true,
  'low-space': true,
  idle: true,
  'session-kept': true,
  'track-empty': true,
  state: true,
  error: true,
};

/** The names of a session's events, which are also the names of the element's. */
export const SESSION_EVENT_NAMES = Object.keys(EVENTS) as readonly (keyof SessionEvents)[];

/** Hands every event of the session on. Returns the function that stops it. */
export function forwardSession(session: Session, listener: (news: SessionNews) => void): () => void {
  const offs = SESSION_EVENT_NAMES.map((type) =>
    session.on(type, (event) => {
      listener({ type, event } as SessionNews);
    }),
  );
  return () => {
    for (const off of offs) off();
  };
}
