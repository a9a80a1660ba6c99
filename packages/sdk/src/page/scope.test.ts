import { expect, test } from 'vitest';
import { Scope } from './scope.ts';

test('[LIFE-1] what is owned is released once, last first, also when one release fails', async () => {
  const released: string[] = [];
  const failures: unknown[] = [];
  const scope = new Scope((thrown) => failures.push(thrown));
  scope.add(() => void released.push('first'));
  scope.add(() => Promise.reject(new Error('stuck')));
  scope.add(() => void released.push('last'));
  await Promise.all([scope.dispose(), scope.dispose()]);
  expect(released).toEqual(['last', 'first']);
  expect(failures).toHaveLength(1);
});

test('[LIFE-2] what comes too late is released at once', async () => {
  const scope = new Scope(() => expect.unreachable());
  await scope.dispose();
  let released = false;
  scope.add(() => void (released = true));
  expect(released).toBe(true);
});
