import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { newDataFolder } from './new-data-folder.ts';

const run = promisify(execFile);

/** A data folder on a disk of its own that is soon full; its database is elsewhere. */
export interface SmallDisk extends AsyncDisposable {
  folder: string;
}

/** Undefined where a disk cannot be made: that needs root's rights. */
export async function makeSmallDisk(bytes: number): Promise<SmallDisk | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'turntape-small-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'turntape-test', folder]);
  } catch (thrown) {
    await rm(folder, { recursive: true });
    if (!(thrown instanceof Error)) throw thrown;
    return undefined;
  }
  const elsewhere = await newDataFolder();
  await mkdir(join(elsewhere, 'database'), { recursive: true });
  await mkdir(join(folder, 'database'));
  await run('mount', ['--bind', join(elsewhere, 'database'), join(folder, 'database')]);
  return {
    folder,
    async [Symbol.asyncDispose]() {
      await run('umount', [join(folder, 'database')]);
      await run('umount', [folder]);
      await rm(folder, { recursive: true });
      await rm(elsewhere, { recursive: true });
    },
  };
}
