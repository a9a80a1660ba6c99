import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pnpmCommand, ROOT } from '../../scripts/run.mjs';
import { runOrThrow } from './tool.ts';

/** Packs a package as it would be published, into a new folder, and gives back the tarball's path. */
export async function pack(folder: string): Promise<string> {
  const destination = await mkdtemp(join(tmpdir(), 'turntape-pack-'));
  await runOrThrow([...pnpmCommand(), 'pack', '--pack-destination', destination], { cwd: join(ROOT, folder) });
  const [tarball] = await readdir(destination);
  if (tarball === undefined) throw new Error(`pnpm pack wrote no tarball for ${folder}.`);
  return join(destination, tarball);
}

/** Installs packages into a new app: tarballs by path, others as `name@version`. */
export async function installInto(app: string, packages: readonly string[]): Promise<void> {
  await runOrThrow(['npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', ...packages], { cwd: app });
}
