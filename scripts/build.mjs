import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { pnpmCommand, ROOT, run } from './run.mjs';

/** What a package must have after a build. */
const PACKAGES = ['packages/sdk', 'packages/element', 'packages/server'];
/** Of which sources the last build was made. By content, since a checkout changes the times of files. */
const STAMP = join(ROOT, '.cache', 'build.json');

/**
 * Builds the packages, unless the last build was made of the same sources.
 *
 * @param {(line: string) => void} say
 * @returns {Promise<boolean>} false when the build failed; its output has been shown
 */
export async function buildPackages(say) {
  const sources = await hashSources();
  const built = PACKAGES.every((folder) => existsSync(join(ROOT, folder, 'dist', 'index.js')));
  if (built && (await lastBuild()) === sources) {
    say('The packages are built already, from these very sources.');
    return true;
  }
  say('Building the packages.');
  const { code, output } = await run([...pnpmCommand(), 'run', 'build'], { quiet: true });
  if (code !== 0) {
    say(output.trimEnd());
    say(`The build failed (exit code ${code}).`);
    return false;
  }
  await mkdir(dirname(STAMP), { recursive: true });
  await writeFile(STAMP, JSON.stringify({ sources }));
  return true;
}

/** @returns {Promise<string | undefined>} */
async function lastBuild() {
  return existsSync(STAMP) ? JSON.parse(await readFile(STAMP, 'utf8')).sources : undefined;
}

/**
 * Everything that a build reads. What a build or the compiler writes there is none of it: else the demo, which asks whether
 * there is something to be built, would build under the feet of whoever runs.
 *
 * @returns {Promise<string[]>} paths under the workspace's root
 */
export async function sourceFiles() {
  const files = ['pnpm-lock.yaml', 'tsconfig.base.json'];
  for (const folder of PACKAGES) {
    for (const entry of await readdir(join(ROOT, folder), { withFileTypes: true })) {
      if (entry.isFile() && !entry.name.endsWith('.tsbuildinfo')) files.push(join(folder, entry.name));
    }
    for (const inner of ['src', 'migrations']) {
      if (!existsSync(join(ROOT, folder, inner))) continue;
      for (const entry of await readdir(join(ROOT, folder, inner), { recursive: true, withFileTypes: true })) {
        const path = relative(ROOT, join(entry.parentPath, entry.name));
        if (entry.isFile() && !entry.name.endsWith('.test.ts')) files.push(path);
      }
    }
  }
  return files.sort();
}

/** One hash over all of that. */
async function hashSources() {
  const hash = createHash('sha256');
  for (const file of await sourceFiles()) hash.update(`${file}\n`).update(await readFile(join(ROOT, file)));
  return hash.digest('hex');
}
