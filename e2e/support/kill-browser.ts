import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Ends a whole browser at once, as a power cut for programs: none of its processes gets a chance to put its affairs in
 * order. Found before, so that the kill itself takes no time; the returned function kills.
 */
export async function browserKiller(profile: string): Promise<() => void> {
  const found = await promisify(execFile)('pgrep', ['-o', '-f', profile]);
  const group = await promisify(execFile)('ps', ['-o', 'pgid=', '-p', found.stdout.trim()]);
  const own = await promisify(execFile)('ps', ['-o', 'pgid=', '-p', `${process.pid}`]);
  const pgid = Number(group.stdout);
  if (!(pgid > 1) || pgid === Number(own.stdout)) throw new Error(`The browser of ${profile} has no group of its own.`);
  return () => process.kill(-pgid, 'SIGKILL');
}
