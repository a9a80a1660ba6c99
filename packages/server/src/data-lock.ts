import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { SettingsError } from './settings-error.ts';

/** The lock's file in the data folder. */
export const LOCK_FILE = 'turntape.lock';

/** Who holds the folder. A pid alone is not enough: it is used again after a restart of the machine. */
interface Holder {
  pid: number;
  /** Start of that process in clock ticks since boot; null where the system does not tell. */
  started: string | null;
  host: string;
  nonce: string;
}

/** The right to be the only process on a data folder. PGlite takes none, and a second process would lose rows. */
export interface DataLock {
  /** When the process began that died with the lock, in milliseconds since 1970; undefined after an orderly end. */
  readonly deadSinceMs: number | undefined;
  /** Throws when another process has taken the folder after all. */
  verify(): void;
  /** Lets go. */
  release(): void;
}

/**
 * Takes the folder or throws a {@link SettingsError} that names who has it. The lock of a process that is dead is taken
 * over. Two processes that find the same dead lock at the same instant are told apart by `verify`, called once the
 * database is open.
 */
export function takeDataLock(folder: string): DataLock {
  const path = join(folder, LOCK_FILE);
  const mine: Holder = {
    pid: process.pid,
    started: processStart(process.pid),
    host: hostname(),
    nonce: randomUUID(),
  };
  let deadSinceMs: number | undefined;
  if (!create(path, mine)) {
    deadSinceMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    const holder = read(path);
    if (holder !== undefined && isAlive(holder)) throw taken(path, holder);
    rmSync(path, { force: true });
    if (!create(path, mine)) throw taken(path, read(path));
  }
  const isMine = () => read(path)?.nonce === mine.nonce;
  return {
    deadSinceMs,
    verify() {
      if (!isMine()) throw taken(path, read(path));
    },
    release() {
      if (isMine()) rmSync(path, { force: true });
    },
  };
}

function create(path: string, holder: Holder): boolean {
  try {
    writeFileSync(path, JSON.stringify(holder), { flag: 'wx', mode: 0o600, flush: true });
    return true;
  } catch (cause) {
    if ((cause as { code?: unknown }).code === 'EEXIST') return false;
    throw cause;
  }
}

/** Undefined: no lock, or one whose writer died before it had written. */
function read(path: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder> | null;
    return typeof holder?.pid === 'number' ? (holder as Holder) : undefined;
  } catch (cause) {
    if (cause instanceof SyntaxError || (cause as { code?: unknown }).code === 'ENOENT') return undefined;
    throw cause;
  }
}

function isAlive({ pid, started, host }: Holder): boolean {
  // Another machine's or container's processes cannot be seen from here: taking over could lose rows.
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (cause) {
    // EPERM: it lives, and is another user's.
    if ((cause as { code?: unknown }).code === 'ESRCH') return false;
  }
  const startsNow = processStart(pid);
  return started === null || startsNow === null || started === startsNow;
}

/** Field 22 of /proc/PID/stat (proc_pid_stat(5)); the name in field 2 may hold spaces and brackets. */
function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch (cause) {
    // Not Linux, or gone meanwhile.
    if (cause instanceof Error) return null;
    throw cause;
  }
}

function taken(path: string, holder: Holder | undefined): SettingsError {
  const who = holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`;
  return new SettingsError(
    '--data',
    `${who} is using this folder. Stop it or choose another folder. If that process is certainly gone, delete ${path}.`,
  );
}
