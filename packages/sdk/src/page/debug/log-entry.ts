/** How much an entry matters: `error` something failed; `warn` less is recorded or sent than should be; `info` what happened; `debug` how. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** What an entry is about. */
export type LogArea = 'session' | 'microphone' | 'sound' | 'detector' | 'turn' | 'storage' | 'delivery';

/** Figures and ids of an entry: plain values, so that it can be sent anywhere as JSON. */
export type LogFacts = Readonly<Record<string, string | number | boolean | null>>;

/** One line of the log. It holds no audio, no transcript, no token, no address and nothing of `metadata`. */
export interface LogEntry {
  level: LogLevel;
  /** Wall time at which it was told, in milliseconds since 1970. */
  timeMs: number;
  area: LogArea;
  /** The event's own name: `segment-kept`, `gap`, `error`. */
  event: string;
  /** In words, for a person. */
  message: string;
  /** Undefined: it belongs to no session. */
  sessionId: string | undefined;
  facts: LogFacts;
}

/** Facts of a note. */
export type NoteFacts = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** What an event comes to, before it is a line of a log. What is undefined of its facts is left out. */
export interface Note {
  level: LogLevel;
  area: LogArea;
  message: string;
  facts?: NoteFacts;
  /** Whose it is, of a recorder's event that names one. */
  sessionId?: string | undefined;
}
