#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { mintToken } from './access/access-token.ts';
import { SCOPES, type AccessScope } from './access/access.ts';
import { parseSettings, readOptions, readSecrets, toNumber, USAGE } from './command-line.ts';
import type { ServerHooks } from './jobs/hooks.ts';
import { failureFacts, LOG_LEVELS, logFrom, stderrLog } from './log.ts';
import { openStorage } from './open-storage.ts';
import { examine } from './operate/doctor.ts';
import { logReindex, reindex } from './operate/reindex.ts';
import { sweep } from './operate/sweep.ts';
import { makeSealKeys, unsealFiles } from './operate/unseal.ts';
import { startServer } from './server.ts';
import { SettingsError } from './settings-error.ts';
import { SPEAKERS } from './wire/scalars.ts';

/** A setting is wrong; other failures are 1. */
const EXIT_SETTINGS = 2;
/** How long a minted token is good when nobody says, in seconds. */
const TOKEN_SECONDS = 900;

type Run = (args: readonly string[]) => Promise<void>;

const COMMANDS: Readonly<Record<string, Run>> = {
  async doctor(args) {
    const findings = await examine(parseSettings(args, process.env, { serves: false }), stderrLog);
    for (const { what, state, says } of findings)
      process.stdout.write(`${state.padEnd(4)}  ${what.padEnd(8)}  ${says}\n`);
    if (findings.some(({ state }) => state === 'fail')) process.exitCode = 1;
  },

  async reindex(args) {
    const { verify = false } = readOptions(args);
    const storage = await openStorage(parseSettings(args, process.env, { serves: false }), stderrLog);
    try {
      const report = await reindex(storage.database, storage.blobs, { verify });
      logReindex(stderrLog, 'reindexed', report);
      process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
      if (report.missing.length + report.damaged.length + report.unreadable.length > 0) process.exitCode = 1;
    } finally {
      await storage.close();
    }
  },

  async migrate(args) {
    const storage = await openStorage(parseSettings(args, process.env, { serves: false }), stderrLog);
    await storage.close();
    process.stdout.write(`${JSON.stringify({ applied: storage.migrated })}\n`);
  },

  async sweep(args) {
    const { 'dry-run': dryRun = false } = readOptions(args);
    const settings = parseSettings(args, process.env, { serves: false });
    const storage = await openStorage(settings, stderrLog);
    try {
      const { retainDays } = settings;
      const report = await sweep(storage.database, storage.blobs, stderrLog, { retainDays, dryRun });
      process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
      if (report.failed.length > 0) process.exitCode = 1;
    } finally {
      await storage.close();
    }
  },

  'seal-keys': (args) => makeSealKeys(args, sayLine),

  async unseal(args) {
    if ((await unsealFiles(args, sayLine)) > 0) process.exitCode = 1;
  },

  async token(args) {
    const options = readOptions(args);
    const [secret] = readSecrets(process.env);
    if (secret === undefined) throw new SettingsError('TURNTAPE_SECRET', 'set it to what the server has');
    if (options.session === undefined) throw new SettingsError('--session', "say which session, or '*' for all");
    const scopes = (options.scope ?? 'write').split(',');
    if (!scopes.every(isScope)) throw new SettingsError('--scope', `use ${SCOPES.join(', ')}`);
    const speakers = options.speakers?.split(',');
    if (speakers && !speakers.every(isSpeaker)) throw new SettingsError('--speakers', `use ${SPEAKERS.join(', ')}`);
    const count = (name: 'seconds' | 'max-segments' | 'max-session-bytes') =>
      options[name] === undefined ? undefined : toNumber(`--${name}`, options[name]);
    const token = await mintToken(secret, {
      subject: options.subject ?? 'command',
      sessionId: options.session,
      scopes,
      seconds: count('seconds') ?? TOKEN_SECONDS,
      maxSegments: count('max-segments'),
      maxBytes: count('max-session-bytes'),
      speakers,
    });
    process.stdout.write(`${token}\n`);
  },
};

const sayLine = (line: string): boolean => process.stdout.write(`${line}\n`);

const isScope = (word: string): word is AccessScope => SCOPES.some((scope) => scope === word);

const isSpeaker = (word: string): word is (typeof SPEAKERS)[number] => SPEAKERS.some((speaker) => speaker === word);

const isLogLevel = (word: string): word is (typeof LOG_LEVELS)[number] => LOG_LEVELS.some((level) => level === word);

async function serve(args: readonly string[]): Promise<void> {
  const settings = parseSettings(args, process.env);
  const { hooks, 'log-level': level = 'info' } = readOptions(args);
  if (!isLogLevel(level)) throw new SettingsError('--log-level', `use ${LOG_LEVELS.join(', ')}`);
  const log = logFrom(level, stderrLog);
  const server = await startServer({
    ...settings,
    log,
    ...(hooks === undefined ? {} : { hooks: await loadHooks(hooks) }),
  });
  process.stdout.write(`turntape-server listening on ${server.url} (${server.caveat})\n`);
  const stop = (signal: NodeJS.Signals) => {
    stderrLog('info', 'closing', { signal });
    server.close().catch(fail);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

async function loadHooks(path: string): Promise<ServerHooks> {
  try {
    return (await import(pathToFileURL(resolve(path)).href)) as ServerHooks;
  } catch (cause) {
    throw new SettingsError('--hooks', `cannot load ${path} (${cause instanceof Error ? cause.message : ''})`, cause);
  }
}

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(USAGE);
    return;
  }
  if (args.includes('--version')) {
    process.stdout.write(`${version()}\n`);
    return;
  }
  const command = COMMANDS[args[0] ?? ''];
  await (command === undefined ? serve(args) : command(args.slice(1)));
}

function version(): string {
  const { version: text } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return text;
}

function fail(thrown: unknown): void {
  if (thrown instanceof SettingsError) {
    process.stderr.write(`turntape-server: ${thrown.message}\n`);
    process.exitCode = EXIT_SETTINGS;
    return;
  }
  stderrLog('error', 'stopped', failureFacts(thrown));
  process.exitCode = 1;
}

main(process.argv.slice(2)).catch(fail);
