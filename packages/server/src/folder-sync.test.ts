import { expect, test } from 'vitest';
import { FolderSync } from './folder-sync.ts';

test('[SRV-101] those who ask for one folder at the same time are served by one fsync, and never by one that began before them', async () => {
  const begun: { path: string; end: () => void; fail: (cause: Error) => void }[] = [];
  const folders = new FolderSync(
    (path) => new Promise<void>((settle, fail) => begun.push({ path, end: () => settle(), fail })),
  );
  const settled: string[] = [];
  const ask = (name: string, path = 'a') => folders.sync(path).then(() => settled.push(name));
  const first = ask('first');
  // Their names may be newer than what the fsync under way saw.
  const late = [ask('second'), ask('third')];
  const other = ask('other', 'b');
  expect(begun.map(({ path }) => path)).toEqual(['a', 'b']);
  begun[0]?.end();
  await first;
  expect(settled).toEqual(['first']);
  expect(begun).toHaveLength(3);
  begun[2]?.end();
  begun[1]?.end();
  await Promise.all([...late, other]);
  expect(new Set(settled)).toEqual(new Set(['first', 'second', 'third', 'other']));
  const failing = folders.sync('a');
  const after = folders.sync('a');
  begun[3]?.fail(new Error('no disk'));
  await expect(failing).rejects.toThrow('no disk');
  begun[4]?.end();
  await after;
  expect(begun).toHaveLength(5);
});
