#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { failureFacts, stderrLog } from './log.ts';
import { startServer } from './server.ts';
import { parseSettings, USAGE } from './settings.ts';
import { SettingsError } from './settings-error.ts';

/** A setting is wrong; other failures are 1. */
const EXIT_SETTINGS = 2;

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(USAGE);
    return;
  }
  if (args.includes('--version')) {
    process.stdout.write(`${version()}\n`);
    return;
  }
  const server = await startServer(parseSettings(args, process.env));
  process.stdout.write(`turntape-server listening on ${server.url} (${server.db.caveat})\n`);
  const stop = (signal: NodeJS.Signals) => {
    stderrLog('info', 'closing', { signal });
    server.close().catch(fail);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
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
