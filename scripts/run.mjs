import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The workspace's own folder, with a slash at the end. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * @typedef {object} RunOptions
 * @property {Record<string, string | undefined>} [env] on top of our own
 * @property {string} [cwd] default: the workspace
 * @property {boolean} [quiet] collect what it writes instead of showing it. Default false
 * @property {number} [limitMs] stop it after this long: a hung run must end with a count, not with a dead machine
 */

/**
 * Runs a program to its end.
 *
 * @param {readonly string[]} command program and arguments
 * @param {RunOptions} [options]
 * @returns {Promise<{ code: number, output: string, timedOut: boolean }>} `output` only when `quiet`; 127: no such program
 */
export async function run(command, { env = {}, cwd = ROOT, quiet = false, limitMs } = {}) {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
    shell: process.platform === 'win32',
    // A group of its own, so that a stop reaches the browsers it started.
    detached: limitMs !== undefined,
  });
  /** @type {Buffer[]} */
  const pieces = [];
  child.stdout?.on('data', (piece) => pieces.push(piece));
  child.stderr?.on('data', (piece) => pieces.push(piece));
  let timedOut = false;
  const limit =
    limitMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          stopGroup(child, 'SIGKILL');
        }, limitMs);
  let stopped = false;
  const passOn = (/** @type {NodeJS.Signals} */ signal) => {
    stopped = true;
    stopGroup(child, signal);
  };
  process.on('SIGINT', passOn).on('SIGTERM', passOn);
  try {
    const code = await new Promise((ended) => {
      child.on('error', (error) => {
        pieces.push(Buffer.from(error.message));
        ended(127);
      });
      child.on('close', (exitCode) => ended(exitCode ?? 1));
    });
    return { code, output: Buffer.concat(pieces).toString(), timedOut };
  } finally {
    clearTimeout(limit);
    process.off('SIGINT', passOn).off('SIGTERM', passOn);
    // Ctrl-C stops the whole run, not the one step it was in.
    if (stopped) process.exit(130);
  }
}

/**
 * Sends a signal to a child and, when it leads a group, to all it started.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
function stopGroup(child, signal) {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // Not a group leader, or no groups on this system.
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') child.kill(signal);
    else throw error;
  }
}

/**
 * Where a program lies on the PATH.
 *
 * @param {string} program
 * @returns {string | undefined}
 */
export function findProgram(program) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find(isExecutable);
}

/**
 * @param {string} path
 * @returns {boolean}
 */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * How pnpm is called: the one that called us, else by npx, so that nothing needs to be on the PATH.
 *
 * @returns {string[]}
 */
export function pnpmCommand() {
  const caller = process.env.npm_execpath ?? '';
  if (!basename(caller).startsWith('pnpm')) return ['npx', '-y', 'pnpm@12'];
  return /\.[cm]?js$/.test(caller) ? [process.execPath, caller] : [caller];
}

/**
 * How a program of our devDependencies is called.
 *
 * @param {string} program
 * @returns {string}
 */
export function localProgram(program) {
  return join(ROOT, 'node_modules', '.bin', program);
}
