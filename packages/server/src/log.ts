/** How much a line matters. `error`: something was not stored that should have been. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** One of {@link LOG_LEVELS}; nothing is `silent` itself. */
export type LogLevel = Exclude<(typeof LOG_LEVELS)[number], 'silent'>;

/** One thing that happened, with its facts. Never a token, audio, the text of a transcript or an app's metadata. */
export type LogFacts = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Only what is as important as this or more. */
export function logFrom(least: (typeof LOG_LEVELS)[number], log: Log): Log {
  return (level, event, facts) => {
    if (LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least)) log(level, event, facts);
  };
}

/** Takes one structured event. The default, {@link stderrLog}, writes a JSON line. */
export type Log = (level: LogLevel, event: string, facts?: LogFacts) => void;

/** JSON lines on stderr; stdout carries the start-up line alone. */
export const stderrLog: Log = (level, event, facts) => {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, event, ...facts })}\n`);
};

/**
 * What a log may say of a failure. A database error carries the query's values in its message and its fields, so of
 * those only the SQLSTATE and the name of the constraint are told.
 */
export function failureFacts(thrown: unknown): LogFacts {
  if (!(thrown instanceof Error)) return { error: typeof thrown };
  const { severity, code, constraint } = thrown as { severity?: unknown; code?: unknown; constraint?: unknown };
  const facts = { error: thrown.name, code: typeof code === 'string' ? code : undefined };
  if (typeof severity === 'string')
    return { ...facts, constraint: typeof constraint === 'string' ? constraint : undefined };
  return { ...facts, message: thrown.message };
}
