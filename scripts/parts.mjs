import { spawn } from 'node:child_process';
import { ROOT } from './run.mjs';

/** How long a part may take to close its files when it is told to stop. */
const STOP_WITHIN_MS = 8_000;
/** How much of what a part wrote is kept, to be shown when it fails. */
const KEPT_LINES = 40;

/**
 * @typedef {object} Part a program that runs as long as we do
 * @property {string} name
 * @property {import('node:child_process').ChildProcess} child
 * @property {Promise<void>} ended
 * @property {string[]} lines the last ones it wrote
 * @property {boolean} [killed] somebody asked for its end
 */

/**
 * Programs that live and die together: when one ends by itself, the rest is stopped.
 */
export class Parts {
  /** @type {Part[]} */
  #parts = [];
  /** @type {Promise<void> | undefined} */
  #stopped;
  /** @type {(part: Part) => void} */
  #onLoss;

  /** @param {(part: Part) => void} onLoss a part ended though nobody asked it to */
  constructor(onLoss) {
    this.#onLoss = onLoss;
  }

  /**
   * @param {string} name
   * @param {readonly string[]} command
   * @param {{ cwd?: string, env?: Record<string, string> }} [options]
   */
  start(name, command, { cwd = ROOT, env = {} } = {}) {
    const [program = '', ...args] = command;
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
      // A group of its own: Ctrl-C in a terminal reaches us alone, and we stop the parts in order.
      detached: process.platform !== 'win32',
    });
    /** @type {string[]} */
    const lines = [];
    const collect = (/** @type {Buffer} */ piece) => {
      lines.push(...piece.toString().trimEnd().split('\n'));
      lines.splice(0, lines.length - KEPT_LINES);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    /** @type {Promise<void>} */
    const ended = new Promise((resolve) => {
      child.on('error', (error) => {
        lines.push(error.message);
        resolve();
      });
      child.on('close', () => resolve());
    });
    const part = { name, child, ended, lines };
    this.#parts.push(part);
    void this.#watch(part);
  }

  /** @param {Part} part */
  async #watch(part) {
    await part.ended;
    if (!this.#stopped && !part.killed) this.#onLoss(part);
  }

  /**
   * Ends the parts of a name at once, as a power cut would, and lets the others live.
   *
   * @param {string} name
   */
  async kill(name) {
    for (const part of this.#parts.filter((each) => each.name === name && !each.killed)) {
      part.killed = true;
      part.child.kill('SIGKILL');
      await part.ended;
    }
  }

  /**
   * Tells every part to stop, the last started first, and waits until it has; one that does not is killed.
   *
   * @returns {Promise<void>}
   */
  stop() {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  async #stopAll() {
    for (const { child, ended } of this.#parts.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
      await ended;
      clearTimeout(late);
    }
  }
}
