import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));
const execute = promisify(execFile);
/** What a developer's shell may have set and a test must not see. */
const FOREIGN = ['TURNTAPE_TOKEN', 'TURNTAPE_SECRET', 'DATABASE_URL', 'STORAGE', 'NODE_ENV'];

/** `turntape-server`, running. */
export interface Command {
  child: ChildProcess;
  /** Everything on stderr so far. */
  stderr: () => string;
  /** Exit code and signal. */
  exit: Promise<unknown[]>;
}

/** The command as it is published. */
export interface BuiltCommand extends AsyncDisposable {
  start(args: readonly string[], environment?: Record<string, string>): Command;
  /** Runs it to its end; a code other than 0 rejects with `code`, `stdout` and `stderr`. */
  run(args: readonly string[], environment?: Record<string, string>): Promise<{ stdout: string; stderr: string }>;
}

/** Built here, never taken from dist/, which may be old; inside node_modules, where its imports are found. */
export async function buildCommand(): Promise<BuiltCommand> {
  const built = await mkdtemp(join(PACKAGE, 'node_modules', '.command-'));
  await execute(process.execPath, [join(PACKAGE, 'build.mjs'), join(built, 'dist')]);
  await cp(join(PACKAGE, 'migrations'), join(built, 'migrations'), { recursive: true });
  await cp(join(PACKAGE, 'package.json'), join(built, 'package.json'));
  const program = join(built, 'dist', 'cli.js');
  const children = new Set<ChildProcess>();
  const endAll = () => {
    for (const child of children) child.kill('SIGKILL');
  };
  process.once('exit', endAll);
  return {
    start(args, environment = {}) {
      const child = spawn(process.execPath, [program, ...args], {
        env: clean(environment),
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      children.add(child);
      child.once('exit', () => children.delete(child));
      let text = '';
      child.stderr.on('data', (piece: Buffer) => (text += piece.toString()));
      return { child, stderr: () => text, exit: once(child, 'close') };
    },
    run: (args, environment = {}) => execute(process.execPath, [program, ...args], { env: clean(environment) }),
    async [Symbol.asyncDispose]() {
      endAll();
      process.off('exit', endAll);
      await rm(built, { recursive: true, force: true });
    },
  };
}

function clean(environment: Record<string, string>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !FOREIGN.includes(name));
  return { ...Object.fromEntries(inherited), ...environment };
}

/** The first line on stdout; what it said when it ended instead. */
export async function startUpLine({ child, exit, stderr }: Command): Promise<string> {
  if (child.stdout === null) throw new Error('The command has no stdout.');
  const line = once(createInterface(child.stdout), 'line') as Promise<[string]>;
  const first = await Promise.race([line, exit]);
  if (typeof first[0] !== 'string') throw new Error(`The command ended:\n${stderr()}`);
  return first[0];
}

/** A command that takes requests. */
export interface Serving {
  command: Command;
  url: string;
}

/** Waits until it does. */
export async function serving(command: Command): Promise<Serving> {
  return { command, url: await listening(command) };
}

/** Where the start-up line says it listens. */
export async function listening(command: Command): Promise<string> {
  return addressIn(await startUpLine(command));
}

/** The address in a start-up line. */
export function addressIn(line: string): string {
  return / (http:\S+)/.exec(line)?.[1] ?? '';
}
