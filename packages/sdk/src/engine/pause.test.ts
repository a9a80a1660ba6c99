import { expect, test, vi } from 'vitest';
import { pause } from './pause.ts';

test('[CUT-28] pauses end in their order, each behind what was said before it', async () => {
  const said: string[] = [];
  const pauses = ['one', 'two', 'three'].map((name) => pause().then(() => said.push(name)));
  said.push('begun');
  await Promise.all(pauses);
  expect(said).toEqual(['begun', 'one', 'two', 'three']);
});

test('[CUT-28] however many pauses there are, they make one channel', async () => {
  await pause();
  const opened = vi.spyOn(globalThis, 'MessageChannel');
  for (let each = 0; each < 100; each += 1) await pause();
  expect(opened).not.toHaveBeenCalled();
  opened.mockRestore();
});
