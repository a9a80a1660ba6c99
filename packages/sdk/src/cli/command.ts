/** Where a command writes: what it did, and what went wrong. */
export interface Terminal {
  say(line: string): void;
  complain(line: string): void;
}

/** One word of the command line. */
export interface Command {
  readonly name: string;
  /** The word with its arguments: `copy-assets DIR`. */
  readonly usage: string;
  /** Half a line for the overview. */
  readonly summary: string;
  /** What `--help` says. */
  readonly help: string;
  /** Resolves to the exit code: 0 done, 1 could not be done, 2 was asked for wrongly. */
  run(args: readonly string[], terminal: Terminal): Promise<number>;
}
