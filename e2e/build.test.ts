import { expect, test } from 'vitest';
import { sourceFiles } from '../scripts/build.mjs';
import { ROOT } from '../scripts/run.mjs';
import { runOrThrow } from './support/tool.ts';

test('[PACK-14] whether there is something to be built is decided by sources alone, not by what a build or the compiler wrote', async () => {
  const list = await runOrThrow(['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT });
  const tracked = new Set(list.split('\0'));
  const files = await sourceFiles();
  expect(files.length).toBeGreaterThan(300);
  expect(files).toContain('packages/sdk/src/index.ts');
  expect(files.filter((file) => !tracked.has(file))).toEqual([]);
});
