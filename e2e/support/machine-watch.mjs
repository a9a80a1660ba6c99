import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';

/** Above every thread of a browser and of a sound server. */
const PRIORITY = 90;
/** A thread that may not run so is refused at once. */
const REFUSED_MS = 1000;

/**
 * A while in which nothing at all ran on one of the cores: the host of a virtual machine had given it to somebody else.
 *
 * @typedef {{ fromMs: number, toMs: number }} Away wall times
 */

/**
 * Watches the machine itself: a thread on each core, above all others in real time, asks for 1 ms of sleep again and again, and notes when it slept
 * for 4 and more. What such a thread does not get, no browser gets. Undefined where that is not allowed (it needs `chrt`, `taskset` and
 * CAP_SYS_NICE): then nobody knows.
 *
 * @returns {Promise<{ away: readonly Away[], stop: () => void } | undefined>} `away` grows
 */
export async function watchMachine() {
  /** @type {Away[]} */
  const away = [];
  const script = new URL('./machine-watch-thread.mjs', import.meta.url).pathname;
  const threads = Array.from({ length: availableParallelism() }, (_, core) =>
    spawn('chrt', ['-f', String(PRIORITY), 'taskset', '-c', String(core), process.execPath, script], {
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  const stop = () => threads.forEach((thread) => thread.kill('SIGKILL'));
  const begun = await Promise.all(
    threads.map(
      (thread) =>
        new Promise((resolve) => {
          thread.on('error', () => resolve(false));
          thread.on('exit', () => resolve(false));
          setTimeout(() => resolve(false), REFUSED_MS * threads.length);
          createInterface({ input: thread.stdout }).on('line', (line) => {
            const [fromMs = 0, toMs = 0] = line.split(' ').map(Number);
            if (line === 'begun') resolve(true);
            else away.push({ fromMs, toMs });
          });
        }),
    ),
  );
  if (!begun.includes(false)) return { away, stop };
  stop();
  return undefined;
}

/**
 * The longest of them that touches these wall times, in ms.
 *
 * @param {readonly Away[]} away
 * @param {number} fromMs
 * @param {number} toMs
 */
export function longestAway(away, fromMs, toMs) {
  const touching = away.filter((each) => each.fromMs < toMs && each.toMs > fromMs);
  return touching.reduce((longest, each) => Math.max(longest, each.toMs - each.fromMs), 0);
}
