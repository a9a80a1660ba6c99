import { statfsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system in memory, where there is one. */
const IN_MEMORY = '/dev/shm';
/** What the tests that run beside each other may need of it, in bytes. */
const ROOM_BYTES = 4 * 1024 ** 3;

/**
 * A new folder of a test's own; in memory where there is room: on a busy disk a database takes ten times as long to start,
 * and none of these tests cuts the power.
 */
export function newTestFolder(name: string): Promise<string> {
  return mkdtemp(join(hasRoom() ? IN_MEMORY : tmpdir(), `turntape-${name}-`));
}

function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(IN_MEMORY);
    return bavail * bsize > ROOM_BYTES;
  } catch (cause) {
    // Not Linux.
    if (cause instanceof Error) return false;
    throw cause;
  }
}
